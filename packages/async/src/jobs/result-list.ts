/** A power of two, so that a position is found without a division. */
const blockSize = 4096;

/**
 * Results by the index of their input. An array that grows to a million is copied repeatedly, which costs as much as
 * the rest of a trivial job; blocks that are joined once at the end cost half of that.
 */
export class ResultList<T> {
  /** The first block grows, because most lists are short; the others are allocated in full. */
  readonly #blocks: T[][] = [[]];

  set(index: number, value: T): void {
    const block = Math.floor(index / blockSize);
    while (block >= this.#blocks.length) this.#blocks.push(new Array<T>(blockSize));
    this.#blocks[block]![index & (blockSize - 1)] = value;
  }

  /** All results, once each of the first `count` has been set. */
  toArray(count: number): T[] {
    const [first] = this.#blocks;
    if (this.#blocks.length === 1) return first!;
    const last = this.#blocks.at(-1)!;
    last.length = count - (this.#blocks.length - 1) * blockSize;
    return first!.concat(...this.#blocks.slice(1));
  }
}
