import { timerDelay } from "@llx/support";

/** Something with a deadline. */
export interface Timed {
  /** Its deadline, by `performance.now()`. */
  due: number;
}

/**
 * Finds out which of many have run too long, with one timer for all. It reads the clock once per turn of the
 * event loop, as timers themselves do.
 */
export class Deadlines<T extends Timed> {
  readonly #timeout: number;
  readonly #running: () => Iterable<T>;
  readonly #onDue: (late: T) => void;
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;
  #now = 0;
  #isNow = false;
  #cleared = false;

  /**
   * @param timeout how long each may run, in milliseconds
   * @param running those that have a deadline now
   * @param onDue called with each that has reached its deadline
   */
  constructor(timeout: number, running: () => Iterable<T>, onDue: (late: T) => void) {
    this.#timeout = timeout;
    this.#running = running;
    this.#onDue = onDue;
  }

  /** Starts the time of one. */
  set(timed: T): void {
    timed.due = this.#clock() + this.#timeout;
    if (timed.due < this.#wakesAt) this.#wake(timed.due, this.#timeout);
  }

  /** `onDue` is not called from here on. */
  clear(): void {
    this.#cleared = true;
    clearTimeout(this.#timer);
  }

  #wake(at: number, milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#wakesAt = at;
    // A timer that fires too early is set again.
    this.#timer = setTimeout(() => this.#check(), timerDelay(Math.ceil(milliseconds)));
  }

  #check(): void {
    this.#wakesAt = Number.POSITIVE_INFINITY;
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const timed of this.#running()) {
      if (timed.due <= now) this.#onDue(timed);
      if (timed.due < next) next = timed.due;
    }
    if (next < this.#wakesAt && !this.#cleared) this.#wake(next, next - now);
  }

  #clock(): number {
    if (!this.#isNow) {
      this.#isNow = true;
      this.#now = performance.now();
      setImmediate(() => {
        this.#isNow = false;
      });
    }
    return this.#now;
  }
}
