import { timerDelay } from "./timer-delay.ts";
import { type Abortable, unwatchAbort, watchAbort } from "./watch-abort.ts";

/**
 * A signal that is aborted with any of several others, when its time is over, or by its holder. Ended, it leaves no
 * timer and no listener.
 */
export class Deadline implements Abortable {
  readonly #controller = new AbortController();
  readonly #signals: readonly (AbortSignal | undefined)[];
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
    this.#signals = signals;
    for (const signal of signals) {
      if (signal?.aborted) this.aborted(signal.reason);
      else if (signal !== undefined) watchAbort(signal, this);
    }
    if (milliseconds === undefined || milliseconds !== timerDelay(milliseconds)) return;
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      this.aborted(new DOMException(message(), "TimeoutError"));
    }, milliseconds);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether its time is over. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Aborts the signal now; its holder may call it too. */
  aborted(reason: unknown): void {
    this.#controller.abort(reason);
  }

  end(): void {
    clearTimeout(this.#timer);
    for (const signal of this.#signals) if (signal !== undefined) unwatchAbort(signal, this);
  }
}
