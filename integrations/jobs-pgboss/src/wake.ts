import { timerDelay } from "@llx/support";

/** Lets loops sleep until something happens in this process, or a time has passed. */
export class Wake {
  /** How often it has happened. */
  count = 0;
  readonly #sleepers = new Set<() => void>();

  /**
   * Resolves at {@link wake}, after `milliseconds`, or when the signal is aborted; it never rejects.
   *
   * @param since the count before the caller looked for work: if something has happened since, the sleep ends at once
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
      const timer = setTimeout(awake, timerDelay(milliseconds));
      signal?.addEventListener("abort", awake, { once: true });
      this.#sleepers.add(awake);
    });
  }

  wake(): void {
    this.count++;
    for (const awake of this.#sleepers) awake();
  }
}
