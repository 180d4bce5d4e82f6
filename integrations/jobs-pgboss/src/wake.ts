/** Milliseconds: the most that a timer takes. */
const longestTimer = 2_147_483_647;

/** Lets loops sleep until something happens here, or some time has passed. */
export class Wake {
  /** How often it has happened. */
  count = 0;
  readonly #sleepers = new Set<() => void>();

  /**
   * Ends with {@link wake}, after so many milliseconds, or with the signal's abort; it never fails.
   *
   * @param since the count before the look after which there is nothing to do: what has happened while it was under
   *   way ends the sleep at once
   */
  sleep(milliseconds: number, signal?: AbortSignal, since: number = this.count): Promise<void> {
    if (signal?.aborted || since !== this.count) return Promise.resolve();
    return new Promise((resolve) => {
      const awake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", awake);
        this.#sleepers.delete(awake);
        resolve();
      };
      const timer = setTimeout(awake, Math.min(milliseconds, longestTimer));
      signal?.addEventListener("abort", awake, { once: true });
      this.#sleepers.add(awake);
    });
  }

  wake(): void {
    this.count++;
    for (const awake of this.#sleepers) awake();
  }
}
