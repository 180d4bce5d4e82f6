/** Counts the bytes of a body while it arrives. */
export class ByteLimit {
  #left: number;
  readonly #error: () => unknown;

  /** @param error what is thrown where there are more than `most` */
  constructor(most: number, error: () => unknown) {
    this.#left = most;
    this.#error = error;
  }

  count(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw this.#error();
  }
}
