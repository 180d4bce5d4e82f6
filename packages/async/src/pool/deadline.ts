import { type Abortable, timerDelay, unwatchAbort, watchAbort } from "@llx/support";

/** Ends a wait that has several steps: when one of several signals is aborted, or the time is up. */
export class Deadline implements Abortable {
  readonly #controller = new AbortController();
  readonly #signals: readonly AbortSignal[];
  readonly #timer: NodeJS.Timeout | undefined;

  /**
   * @param signals must not be aborted yet
   * @param timeout in milliseconds
   * @param message of the `TimeoutError`, created when the time is up
   */
  constructor(
    signals: readonly (AbortSignal | undefined)[],
    timeout: number | undefined,
    message: () => string,
  ) {
    this.#signals = signals.filter((signal) => signal !== undefined);
    for (const signal of this.#signals) watchAbort(signal, this);
    if (timeout === undefined) return;
    const expire = (): void => this.aborted(new DOMException(message(), "TimeoutError"));
    this.#timer = setTimeout(expire, timerDelay(timeout));
  }

  /** Aborted at the deadline. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  aborted(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Removes its timer and its listeners. */
  clear(): void {
    clearTimeout(this.#timer);
    for (const signal of this.#signals) unwatchAbort(signal, this);
  }
}
