import { type Abortable, timerDelay, unwatchAbort, watchAbort } from "@llx/support";

/** How long somebody waits for something of several steps: until a signal is aborted, or the time is up. */
export class Patience implements Abortable {
  readonly #controller = new AbortController();
  readonly #signals: readonly AbortSignal[];
  readonly #timer: NodeJS.Timeout | undefined;

  /**
   * @param signals must not be aborted yet
   * @param timeout in milliseconds
   * @param late what the `TimeoutError` says
   */
  constructor(
    signals: readonly (AbortSignal | undefined)[],
    timeout: number | undefined,
    late: () => string,
  ) {
    this.#signals = signals.filter((signal) => signal !== undefined);
    for (const signal of this.#signals) watchAbort(signal, this);
    if (timeout === undefined) return;
    const tooLate = (): void => this.aborted(new DOMException(late(), "TimeoutError"));
    this.#timer = setTimeout(tooLate, timerDelay(timeout));
  }

  /** Aborted when it is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  aborted(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** What comes of the work; rejects when patience ends before, and the work goes on. */
  outlast<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      watchAbort(signal, { aborted: reject });
      work.then(resolve, reject);
    });
  }

  /** Leaves no timer and no listener behind. */
  end(): void {
    clearTimeout(this.#timer);
    for (const signal of this.#signals) unwatchAbort(signal, this);
  }
}
