/** Two refusals have the same cause where what was let through before them differs by no more than this. */
const alike = 0.05;
/** A refusal of less than this part of the bound shows that the bound is not what refuses. */
const disproof = 0.9;
/** So many refusals of what keeps to the bound show the same. */
const mostStrikes = 3;
/** A bound serves where it lets at least so many through for each refusal. */
const leastServed = 25;
/** After a refusal, the bound is this part of what was let through: clocks and ways to the service differ a little. */
const caution = 0.99;
/** By so much a bound grows when it may: then by twice as much, up to the most. */
const firstGrowth = 0.02;
const mostGrowth = 0.5;
/** After growth that went wrong, so many intervals are waited for at the most before the next. */
const longestRest = 8;

/**
 * How much of one kind, requests or tokens, a service lets through in a window, as its refusals show: in two windows about
 * the same; or once where it names the window, or takes requests again just when the window ends. The bound grows again while it holds work back and nothing is refused. It goes where
 * refusals come well below it, or go on all the same; then it takes more of them that agree to believe in one again.
 */
export class LearnedBound {
  readonly interval: number;
  /** What was let through in the last window that ended with refusals, and when the first of them came. */
  #seen = 0;
  #seenAt = Number.NEGATIVE_INFINITY;
  /** How many refusals in a row agreed, and how many it takes. */
  #agreed = 0;
  #needed = 1;
  #limit: number | undefined;
  /** What the limit was before it grew. */
  #base = 0;
  #strikes = 0;
  #servedSinceStrike = 0;
  #growth = firstGrowth;
  /** In intervals. */
  #rest = 1;
  #growsAt = 0;
  /** Something had to wait for it since it was last changed. */
  #holds = false;

  constructor(interval: number) {
    this.interval = interval;
  }

  /** `undefined` while nothing is known. */
  get limit(): number | undefined {
    return this.#limit;
  }

  /**
   * The service has begun to refuse.
   *
   * @param passed what it had let through in the window before
   */
  refused(passed: number, now: number): void {
    if (passed === 0) return;
    if (this.#limit !== undefined) return this.#refusedInSpite(passed, now);
    this.#compare(passed, now);
    if (this.#agreed >= this.#needed) this.#bound(passed, now);
  }

  /**
   * Refusals that began after so much last, and the service names the window; or they are over just when the first of it
   * has left the window.
   */
  confirmed(passed: number, now: number): void {
    if (this.#limit === undefined) this.#bound(passed, now);
  }

  /** Whether so much more may start where so much is in the window. A thing that is alone always may. */
  allows(used: number, amount: number, now: number): boolean {
    if (this.#limit === undefined || used === 0 || used + amount <= this.#limit) return true;
    if (this.#holds && now >= this.#growsAt) {
      this.#limit += Math.max(1, Math.round(this.#limit * this.#growth));
      this.#growth = Math.min(2 * this.#growth, mostGrowth);
      this.#growsAt = now + this.interval;
      return used + amount <= this.#limit;
    }
    this.#holds = true;
    return false;
  }

  /** So much was let through. */
  served(amount: number): void {
    this.#servedSinceStrike += amount;
  }

  /** Refusals within one interval are of the same window: they agree without meaning anything. */
  #compare(passed: number, now: number): void {
    if (now - this.#seenAt < this.interval) {
      this.#seen = Math.max(this.#seen, passed);
      return;
    }
    const agrees = Math.abs(this.#seen - passed) <= alike * Math.max(this.#seen, passed);
    this.#agreed = agrees ? this.#agreed + 1 : 0;
    this.#seen = passed;
    this.#seenAt = now;
  }

  #refusedInSpite(passed: number, now: number): void {
    const limit = this.#base;
    const served = this.#servedSinceStrike;
    this.#servedSinceStrike = 0;
    this.#strikes = served >= Math.max(limit, leastServed) ? 1 : this.#strikes + 1;
    // It has grown too far, and is to blame for that alone.
    if (passed > limit && this.#limit! > limit) this.#strikes = 0;
    if (passed < disproof * limit || this.#strikes >= mostStrikes) {
      this.#limit = undefined;
      this.#agreed = 0;
      this.#strikes = 0;
      this.#needed *= 2;
      return;
    }
    this.#rest = Math.min(2 * this.#rest, longestRest);
    this.#bound(this.#limit! > limit ? passed : Math.min(passed, limit), now);
  }

  #bound(passed: number, now: number): void {
    this.#limit = Math.max(1, Math.floor(caution * passed));
    this.#base = this.#limit;
    this.#growth = firstGrowth;
    this.#holds = false;
    this.#growsAt = now + this.#rest * this.interval;
  }
}
