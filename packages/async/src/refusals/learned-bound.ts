/** Two refusals have the same cause if the amounts accepted before them differ by no more than this fraction. */
const alike = 0.05;
/** A refusal at less than this fraction of the limit has another cause. */
const disproof = 0.9;
/** This many refusals of requests within the limit show the same. */
const mostStrikes = 3;
/** A limit is useful if at least this many requests get through per refusal. */
const leastServed = 25;
/** After a refusal, the limit is this fraction of what was accepted: clocks and network delays differ slightly. */
const caution = 0.99;
/** The first growth of a limit, as a fraction of it; each growth is twice the previous one, up to the maximum. */
const firstGrowth = 0.02;
const mostGrowth = 0.5;
/** The longest wait between a refusal and the next growth, in intervals. */
const longestCooldown = 8;

/**
 * How many requests or tokens a service accepts per window, as shown by its refusals: about the same in two windows; or
 * in one, if the service names the window, or accepts requests again just when it ends. The limit grows again while it
 * holds work back and nothing is refused. It is dropped if refusals come well below it, or continue within it; then more
 * refusals have to agree before a new limit is learned.
 */
export class LearnedBound {
  readonly interval: number;
  /** What was accepted in the last window that ended with refusals, and when the first of them came. */
  #seen = 0;
  #seenAt = Number.NEGATIVE_INFINITY;
  /** How many refusals in a row agreed, and how many must. */
  #agreed = 0;
  #needed = 1;
  #limit: number | undefined;
  /** The limit before it grew. */
  #base = 0;
  #strikes = 0;
  #servedSinceStrike = 0;
  #growth = firstGrowth;
  /** The wait after the last refusal until the limit may grow, in intervals. */
  #cooldown = 1;
  #growsAt = 0;
  /** Whether a request had to wait for the limit since it was last changed. */
  #isBinding = false;

  constructor(interval: number) {
    this.interval = interval;
  }

  /** `undefined` while nothing is known. */
  get limit(): number | undefined {
    return this.#limit;
  }

  /** Whether so much is more than the limit was before it grew: then it has grown too far. */
  isExceeded(passed: number): boolean {
    return this.#limit !== undefined && this.#limit > this.#base && passed > this.#base;
  }

  /** Whether so much is about the limit. */
  isFull(passed: number): boolean {
    return this.#limit !== undefined && passed >= disproof * this.#base;
  }

  /**
   * The service has begun to refuse.
   *
   * @param passed what it had accepted in the preceding window
   */
  refused(passed: number, now: number): void {
    if (passed === 0) return;
    if (this.#limit !== undefined) return this.#refusedDespiteLimit(passed, now);
    this.#compare(passed, now);
    if (this.#agreed >= this.#needed) this.#setLimit(passed, now);
  }

  /** Refusals began after that amount, and the service names the window, or they ended just when its oldest start left it. */
  confirmed(passed: number, now: number): void {
    if (this.#limit === undefined) this.#setLimit(passed, now);
  }

  isWithin(used: number): boolean {
    return this.#limit === undefined || used <= this.#limit;
  }

  /** The window that was seen last does not count. */
  discount(): void {
    this.#agreed = 0;
    this.#seen = 0;
  }

  /** Nothing is known any more. */
  forget(): void {
    this.#limit = undefined;
    this.#agreed = 0;
    this.#strikes = 0;
  }

  /** Whether `amount` more may start if `used` is in the window. A request that is alone may always start. */
  allows(used: number, amount: number, now: number): boolean {
    if (this.#limit === undefined || used === 0 || used + amount <= this.#limit) return true;
    if (this.#isBinding && now >= this.#growsAt) {
      this.#limit += Math.max(1, Math.round(this.#limit * this.#growth));
      this.#growth = Math.min(2 * this.#growth, mostGrowth);
      this.#growsAt = now + this.interval;
      return used + amount <= this.#limit;
    }
    this.#isBinding = true;
    return false;
  }

  /** That amount was accepted. */
  served(amount: number): void {
    this.#servedSinceStrike += amount;
  }

  /** Refusals within one interval belong to the same window, so their agreement proves nothing. */
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

  #refusedDespiteLimit(passed: number, now: number): void {
    const limit = this.#base;
    const served = this.#servedSinceStrike;
    this.#servedSinceStrike = 0;
    this.#strikes = served >= Math.max(limit, leastServed) ? 1 : this.#strikes + 1;
    // It has grown too far: the previous limit may still be right.
    if (this.isExceeded(passed)) this.#strikes = 0;
    if (!this.isFull(passed) || this.#strikes >= mostStrikes) {
      this.forget();
      this.#needed *= 2;
      return;
    }
    this.#cooldown = Math.min(2 * this.#cooldown, longestCooldown);
    this.#setLimit(this.#limit! > limit ? passed : Math.min(passed, limit), now);
  }

  #setLimit(passed: number, now: number): void {
    this.#limit = Math.max(1, Math.floor(caution * passed));
    this.#base = this.#limit;
    this.#growth = firstGrowth;
    this.#isBinding = false;
    this.#growsAt = now + this.#cooldown * this.interval;
  }
}
