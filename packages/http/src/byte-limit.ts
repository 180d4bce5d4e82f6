/** Counts the bytes of a body while it arrives. */
export class ByteLimit {
  #left: number;
  readonly #error: () => unknown;

  /** @param error makes the error that is thrown when there are more than `maxBytes` */
  constructor(maxBytes: number, error: () => unknown) {
    this.#left = maxBytes;
    this.#error = error;
  }

  count(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw this.#error();
  }
}
