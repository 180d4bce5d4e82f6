/** A trial must let through more than the limit by this fraction of it, and by this many requests, to disprove it. */
const share = 0.1;
const least = 3;
/** How long no request beyond the limit is sent after one was refused, as a fraction of the window. */
const pause = 0.1;
/** Refusals that end so much later are those of another window, as a fraction of it. */
const apart = 0.9;

/**
 * Tries a limit that one coincidence suggests: an outage may end just when an old request leaves a window. Requests beyond the
 * limit are sent one at a time, and with each one that gets a response, one more at once. Enough responses within one window
 * disprove the limit. A refusal may have another cause, such as the limit of a second: it disproves the limit if it is over
 * before anything has left the window; otherwise, refusals in two windows prove it.
 */
export class LimitTrial {
  readonly #needed: number;
  readonly #interval: number;
  #since = Number.NEGATIVE_INFINITY;
  #inFlight = 0;
  #accepted = 0;
  /** Whether a request beyond the limit was refused, and the refusals last. */
  #isRefused = false;
  /** When the first refusals were over. */
  #refusedAt = Number.POSITIVE_INFINITY;
  /** When the next request beyond the limit may start. */
  #next = 0;

  /**
   * @param requests how many had been accepted in the window
   * @param interval its length, in milliseconds
   */
  constructor(requests: number, interval: number) {
    this.#needed = Math.max(least, Math.ceil(share * requests));
    this.#interval = interval;
  }

  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** When to check again whether a request beyond the limit may start: `now` or earlier if it may; `Infinity` after a response. */
  get startsAt(): number {
    return this.#isRefused || this.#inFlight > this.#accepted ? Number.POSITIVE_INFINITY : this.#next;
  }

  started(now: number): void {
    if (now - this.#since >= this.#interval) {
      this.#since = now;
      this.#accepted = 0;
    }
    this.#inFlight++;
  }

  /** @returns whether the limit is disproved */
  ended(isAccepted: boolean): boolean {
    this.#inFlight--;
    if (isAccepted) this.#accepted++;
    return this.#accepted >= this.#needed;
  }

  /** A request beyond the limit was refused. */
  refused(): void {
    this.#isRefused = true;
    this.#accepted = 0;
  }

  /** The refusals are over. Returns whether the limit is proven. */
  refusalsEnded(now: number): boolean {
    if (!this.#isRefused) return false;
    if (now - this.#refusedAt >= apart * this.#interval) return true;
    this.#isRefused = false;
    this.#refusedAt = Math.min(this.#refusedAt, now);
    this.#next = now + pause * this.#interval;
    return false;
  }
}
