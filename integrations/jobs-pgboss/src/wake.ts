/** Lets loops sleep until something happens here, or some time has passed. */
export class Wake {
  /** How often it has happened. */
  count = 0;
  readonly #sleepers = new Set<() => void>();

  /** Ends with {@link wake}, after so many milliseconds, or with the signal's abort; it never fails. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const awake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", awake);
        this.#sleepers.delete(awake);
        resolve();
      };
      const timer = setTimeout(awake, milliseconds);
      signal?.addEventListener("abort", awake, { once: true });
      this.#sleepers.add(awake);
    });
  }

  wake(): void {
    this.count++;
    for (const awake of this.#sleepers) awake();
  }
}
