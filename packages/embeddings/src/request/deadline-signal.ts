/** The longest that a timer runs: 24 days. One that is set for longer fires at once. */
const longest = 2_147_483_647;

/** A signal that is aborted with another one, after a time, or by its holder. Disposing it leaves nothing behind. */
export class DeadlineSignal implements Disposable {
  readonly #stop = new AbortController();
  readonly #parent: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /**
   * @param milliseconds `undefined` for no limit
   * @param message of the `TimeoutError` that it is aborted with after that time
   */
  constructor(parent: AbortSignal | undefined, milliseconds: number | undefined, message: string) {
    this.#parent = parent;
    if (parent?.aborted) this.abort(parent.reason);
    parent?.addEventListener("abort", this.#onAbort, { once: true });
    if (milliseconds === undefined || milliseconds > longest) return;
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      this.abort(new DOMException(message, "TimeoutError"));
    }, milliseconds);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Whether it was the time that has aborted it. */
  get isOver(): boolean {
    return this.#isOver;
  }

  abort(reason: unknown): void {
    this.#stop.abort(reason);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#parent?.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (): void => this.abort(this.#parent?.reason);
}
