import { timerDelay } from "./timer-delay.ts";
import { type Abortable, unwatchAbort, watchAbort } from "./watch-abort.ts";

/**
 * A signal that is aborted with any of several others, when its time is over, or by its holder. Disposing it leaves no
 * timer and no listener.
 */
export class Deadline implements Abortable, Disposable {
  readonly #controller = new AbortController();
  readonly #signals: readonly AbortSignal[];
  readonly #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /**
   * @param milliseconds `undefined`, or more than a timer supports (24.8 days): no limit
   * @param message of the `TimeoutError` that it is aborted with after that time
   */
  constructor(
    signals: readonly (AbortSignal | undefined)[],
    milliseconds: number | undefined,
    message: () => string,
  ) {
    const aborted = signals.find((signal) => signal?.aborted);
    this.#signals = aborted === undefined ? signals.filter((signal) => signal !== undefined) : [];
    if (aborted !== undefined) this.abort(aborted.reason);
    for (const signal of this.#signals) watchAbort(signal, this);
    if (milliseconds === undefined || milliseconds !== timerDelay(milliseconds)) return;
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      this.abort(new DOMException(message(), "TimeoutError"));
    }, milliseconds);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether its time is over. */
  get isOver(): boolean {
    return this.#isOver;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** For {@link watchAbort}. */
  aborted(reason: unknown): void {
    this.abort(reason);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const signal of this.#signals) unwatchAbort(signal, this);
  }
}
