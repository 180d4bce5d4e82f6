import { timerDelay } from "./timer-delay.ts";

/** A timer that is this late was held up by a blocked thread, in milliseconds. Taking a busy one for it does no harm. */
const late = 10;
/** How long what has arrived meanwhile may take to be read: so many times the block, and that many milliseconds at most. */
const moment = { times: 5, most: 250 };

/**
 * How long to wait once more before a time-out, in milliseconds; 0 unless its timer is so late that the thread must have been
 * blocked. Timers run before what has arrived is read: without a moment for that, one handler that blocks for seconds
 * would make all requests time out, also those whose responses have arrived.
 *
 * @param due by `performance.now()`
 */
export function momentAfterBlock(due: number): number {
  const lateness = performance.now() - due;
  return lateness > late ? Math.min(moment.times * lateness, moment.most) : 0;
}

/** Calls back after a time in milliseconds, at most what a timer supports; slightly later if the thread was blocked. */
export class TimeLimit {
  readonly #onTimeout: () => void;
  #timer: NodeJS.Timeout;

  constructor(milliseconds: number, onTimeout: () => void) {
    this.#onTimeout = onTimeout;
    const delay = timerDelay(milliseconds);
    this.#timer = setTimeout(this.#check, delay, performance.now() + delay);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  readonly #check = (due: number): void => {
    const more = momentAfterBlock(due);
    if (more === 0) this.#onTimeout();
    else this.#timer = setTimeout(this.#onTimeout, more);
  };
}
