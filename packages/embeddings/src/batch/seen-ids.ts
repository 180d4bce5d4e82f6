const numberForm = /^(?:0|[1-9]\d{0,6})$/;

/**
 * Ids that have been seen. For those that are numbers, as many clients use, it keeps one bit each: a set of them would take
 * megabytes for a batch.
 */
export class SeenIds {
  #bits = new Uint8Array(8_192);
  readonly #others = new Set<string>();

  /** Whether it was seen before. */
  add(id: string): boolean {
    if (!numberForm.test(id)) return this.#addOther(id);
    const number = Number(id);
    const [at, bit] = [number >> 3, 1 << (number & 7)];
    if (at >= this.#bits.length) this.#grow(at);
    const wasSeen = (this.#bits[at]! & bit) !== 0;
    this.#bits[at]! |= bit;
    return wasSeen;
  }

  #addOther(id: string): boolean {
    const wasSeen = this.#others.has(id);
    this.#others.add(id);
    return wasSeen;
  }

  #grow(at: number): void {
    const more = new Uint8Array(Math.max(at + 1, this.#bits.length * 2));
    more.set(this.#bits);
    this.#bits = more;
  }
}
