/** Requests that started at about the same time. */
export interface Starts {
  /** When the last of them started. */
  at: number;
  requests: number;
  tokens: number;
  next: Starts | undefined;
}

/** What has started in a window. */
export interface StartsInWindow {
  readonly requests: number;
  readonly tokens: number;
  /** When the first request started; `Infinity` if none did. */
  readonly oldest: number;
}

/** A window is cut into this many parts: starts within one part are counted together. */
const parts = 100;
/** How many windows are kept. */
const kept = 3;

/** The recent requests that were not refused, by start time. All times are those of `performance.now()`. */
export class StartLog {
  readonly #interval: number;
  #first: Starts | undefined;
  #last: Starts | undefined;
  #opened = 0;

  /** @param interval the length of the window, in milliseconds */
  constructor(interval: number) {
    this.#interval = interval;
  }

  /** A request starts. Times must not go back. */
  add(tokens: number, now: number): Starts {
    const last = this.#last;
    if (last !== undefined && now - this.#opened < this.#interval / parts) {
      last.at = now;
      last.requests++;
      last.tokens += tokens;
      return last;
    }
    this.#forget(now - kept * this.#interval);
    const starts: Starts = { at: now, requests: 1, tokens, next: undefined };
    this.#opened = now;
    if (this.#last === undefined) this.#first = starts;
    else this.#last.next = starts;
    this.#last = starts;
    return starts;
  }

  /** What was in the window that ends at a given time, and what has started since. */
  window(time: number): StartsInWindow {
    let [requests, tokens, oldest] = [0, 0, Number.POSITIVE_INFINITY];
    for (let starts = this.#first; starts !== undefined; starts = starts.next) {
      if (starts.at <= time - this.#interval || starts.requests === 0) continue;
      requests += starts.requests;
      tokens += starts.tokens;
      oldest = Math.min(oldest, starts.at);
    }
    return { requests, tokens, oldest };
  }

  #forget(before: number): void {
    while (this.#first !== undefined && this.#first.at <= before) this.#first = this.#first.next;
    if (this.#first === undefined) this.#last = undefined;
  }
}
