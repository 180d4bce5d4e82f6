import { TimeLimit, timeoutError, timerDelay } from "@llx/support";

/**
 * A signal that is aborted with another one, when its time is over, or by its holder. Once ended, it leaves no timer and no
 * listener.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal | undefined;
  readonly #limit: TimeLimit | undefined;
  #isOver = false;
  readonly #onAbort = (): void => this.abort(this.#parent?.reason);

  /**
   * @param milliseconds `undefined`, or more than a timer supports (24.8 days): no limit
   * @param message of the `TimeoutError` that it is aborted with after that time
   * @param cause of that error
   */
  constructor(
    parent: AbortSignal | undefined,
    milliseconds: number | undefined,
    message: () => string,
    cause?: () => unknown,
  ) {
    this.#parent = parent;
    if (parent?.aborted) this.abort(parent.reason);
    else parent?.addEventListener("abort", this.#onAbort, { once: true });
    if (milliseconds === undefined || milliseconds !== timerDelay(milliseconds)) return;
    this.#limit = new TimeLimit(milliseconds, () => {
      this.#isOver = true;
      this.abort(timeoutError(message(), cause?.()));
    });
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

  end(): void {
    this.#limit?.clear();
    this.#parent?.removeEventListener("abort", this.#onAbort);
  }
}
