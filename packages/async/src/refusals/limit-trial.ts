/** A trial must let through more than the limit by this fraction of it, and by this many requests, to disprove it. */
const share = 0.1;
const least = 3;

/**
 * Tries a limit that one coincidence suggests: an outage may end just when an old request leaves a window. Requests beyond the
 * limit are sent one at a time, and with each one that gets a response, one more at once. A refusal proves the limit; enough
 * responses within one window disprove it.
 */
export class LimitTrial {
  readonly #needed: number;
  readonly #interval: number;
  #since = Number.NEGATIVE_INFINITY;
  #inFlight = 0;
  #accepted = 0;

  /**
   * @param requests how many had been accepted in the window
   * @param interval its length, in milliseconds
   */
  constructor(requests: number, interval: number) {
    this.#needed = Math.max(least, Math.ceil(share * requests));
    this.#interval = interval;
  }

  /** Whether a request beyond the limit may start. */
  get mayStart(): boolean {
    return this.#inFlight <= this.#accepted;
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
}
