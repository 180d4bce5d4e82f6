/** Requests that started at about the same time. */
export interface Starts {
  /** When the last of them did. */
  at: number;
  requests: number;
  tokens: number;
  next: Starts | undefined;
}

/** What started in a window. */
export interface StartsInWindow {
  readonly requests: number;
  readonly tokens: number;
  /** When the first of it did; infinite where nothing did. */
  readonly oldest: number;
}

/** Starts within so many milliseconds are kept as one. */
const width = 50;

/** What has started of late and was not refused, by time. All times are those of `performance.now()`. */
export class StartLog {
  readonly #horizon: number;
  #first: Starts | undefined;
  #last: Starts | undefined;
  #opened = 0;

  /** @param horizon how long starts are kept, in milliseconds */
  constructor(horizon: number) {
    this.#horizon = horizon;
  }

  /** Times must not go back. */
  add(tokens: number, now: number): Starts {
    const last = this.#last;
    if (last !== undefined && now - this.#opened < width) {
      last.at = now;
      last.requests++;
      last.tokens += tokens;
      return last;
    }
    const starts: Starts = { at: now, requests: 1, tokens, next: undefined };
    this.#opened = now;
    if (last === undefined) this.#first = starts;
    else last.next = starts;
    this.#last = starts;
    return starts;
  }

  /** What started in the `interval` before `end`. */
  window(end: number, interval: number): StartsInWindow {
    let [requests, tokens, oldest] = [0, 0, Number.POSITIVE_INFINITY];
    for (let starts = this.#first; starts !== undefined && starts.at <= end; starts = starts.next) {
      if (starts.at <= end - interval || starts.requests === 0) continue;
      requests += starts.requests;
      tokens += starts.tokens;
      oldest = Math.min(oldest, starts.at);
    }
    return { requests, tokens, oldest };
  }

  /** Forgets what is older than the horizon, as seen from `now`. */
  forget(now: number): void {
    while (this.#first !== undefined && this.#first.at <= now - this.#horizon) this.#first = this.#first.next;
    if (this.#first === undefined) this.#last = undefined;
  }
}
