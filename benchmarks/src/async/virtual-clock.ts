interface Timer {
  at: number;
  /** In milliseconds; `undefined` for a timer that fires once. */
  readonly every: number | undefined;
  readonly callback: () => void;
  ref(): Timer;
  unref(): Timer;
}

/**
 * Replaces the process's timers, `Date.now` and `performance.now` until it is disposed. Time
 * stands still but in {@link runUntil}, and then goes from timer to timer. Ten minutes take a moment, and are the
 * same on each machine.
 */
export class VirtualClock implements Disposable {
  readonly #real = { setTimeout, clearTimeout, setInterval, clearInterval, dateNow: Date.now };
  /** Latest first; among timers of the same time, newest first. */
  readonly #timers: Timer[] = [];
  #now = 0;

  constructor() {
    const clear = (timer: unknown): void => {
      const index = this.#timers.indexOf(timer as Timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
    Object.assign(globalThis, {
      setTimeout: (callback: (...args: unknown[]) => void, delay = 0, ...args: unknown[]) =>
        this.#add(() => callback(...args), delay, undefined),
      setInterval: (callback: (...args: unknown[]) => void, delay = 0, ...args: unknown[]) =>
        this.#add(() => callback(...args), delay, Math.max(1, delay)),
      clearTimeout: clear,
      clearInterval: clear,
    });
    Date.now = () => 1_700_000_000_000 + Math.floor(this.#now);
    Object.defineProperty(performance, "now", { configurable: true, value: () => this.#now });
  }

  /** Milliseconds since its creation. */
  get now(): number {
    return this.#now;
  }

  /** Fires all timers before a given time, in order, and runs pending code after each. */
  async runUntil(end: number): Promise<void> {
    await settled();
    for (
      let timer = this.#timers.at(-1);
      timer !== undefined && timer.at < end;
      timer = this.#timers.at(-1)
    ) {
      this.#timers.pop();
      this.#now = timer.at;
      timer.callback();
      if (timer.every !== undefined) {
        timer.at += timer.every;
        this.#insert(timer);
      }
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await settled();
    }
    this.#now = end;
  }

  [Symbol.dispose](): void {
    const { dateNow, ...timers } = this.#real;
    Object.assign(globalThis, timers);
    Date.now = dateNow;
    Reflect.deleteProperty(performance, "now");
  }

  #add(callback: () => void, delay: number, every: number | undefined): Timer {
    const timer: Timer = {
      at: this.#now + Math.max(1, delay),
      every,
      callback,
      ref: () => timer,
      unref: () => timer,
    };
    this.#insert(timer);
    return timer;
  }

  #insert(timer: Timer): void {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#timers[middle]!.at > timer.at) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, timer);
  }
}

/** Resolves when no promise can make progress. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
