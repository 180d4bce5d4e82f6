/** Two refusals have the same cause where what was let through before them differs by no more than this. */
const alike = 0.05;
/** A refusal of less than this part of the bound shows that the bound is not what refuses. */
const disproof = 0.9;
/** By so much a bound grows when it may: then by twice as much, up to the most. */
const firstGrowth = 0.02;
const mostGrowth = 0.5;
/** After failed growth, so many intervals are waited for at the most before the next. */
const longestRest = 8;

/**
 * How much of one kind, requests or tokens, a service lets through in a window, as its refusals show: twice about the same,
 * or once where it names the window. The bound grows again while it holds work back and nothing is refused, and goes
 * where a refusal comes well below it.
 */
export class LearnedBound {
  readonly interval: number;
  /** What was let through before the last refusals began. */
  #seen: number | undefined;
  #limit: number | undefined;
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
   * @param isNamed whether it counts in this window by its own words
   */
  refused(passed: number, isNamed: boolean, now: number): void {
    const seen = this.#seen;
    this.#seen = passed;
    if (passed === 0) return;
    const isKnown = this.#limit !== undefined;
    if (isKnown && passed < disproof * this.#limit!) {
      this.#limit = undefined;
      return;
    }
    const isAlike = seen !== undefined && Math.abs(seen - passed) <= alike * Math.max(seen, passed);
    if (!isKnown && !isNamed && !isAlike) return;
    if (isKnown) this.#rest = Math.min(2 * this.#rest, longestRest);
    this.#limit = passed;
    this.#growth = firstGrowth;
    this.#holds = false;
    this.#growsAt = now + this.#rest * this.interval;
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
}
