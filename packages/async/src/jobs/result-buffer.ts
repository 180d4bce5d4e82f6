import { keepAlive } from "../support/keep-alive.ts";

/** Returned when there is no result. */
export const empty: unique symbol = Symbol("empty");

/** Holds the results of a stream until they are taken. */
export interface ResultBuffer<T, R> {
  put(index: number, value: T): void;
  /** The next result, or {@link empty} if it has not arrived. */
  take(): R | typeof empty;
}

/** Hands results out in the order of the inputs: a ring with one position per started job. */
export class OrderedBuffer<T> implements ResultBuffer<T, T> {
  private static readonly kept: void = /* @__PURE__ */ keepAlive(/* @__PURE__ */ new this(1));

  readonly #ring: (T | typeof empty)[];
  readonly #mask: number;
  #next = 0;

  /** @param capacity how many jobs may have started whose results are not taken */
  constructor(capacity: number) {
    // A power of two, so that a position is found without a division.
    const size = 2 ** Math.ceil(Math.log2(capacity));
    this.#ring = new Array<T | typeof empty>(size).fill(empty);
    this.#mask = size - 1;
  }

  put(index: number, value: T): void {
    this.#ring[index & this.#mask] = value;
  }

  take(): T | typeof empty {
    const position = this.#next & this.#mask;
    const value = this.#ring[position]!;
    if (value === empty) return empty;
    this.#ring[position] = empty;
    this.#next++;
    return value;
  }
}

/** A result and the index of its input. */
export interface Completed<T> {
  readonly index: number;
  readonly value: T;
}

/** Hands results out in the order in which they arrive. */
export class CompletedBuffer<T> implements ResultBuffer<T, Completed<T>> {
  private static readonly kept: void = /* @__PURE__ */ keepAlive(/* @__PURE__ */ new this());

  #in: Completed<T>[] = [];
  /** The oldest, in reverse. */
  #out: Completed<T>[] = [];

  put(index: number, value: T): void {
    this.#in.push({ index, value });
  }

  take(): Completed<T> | typeof empty {
    if (this.#out.length === 0 && this.#in.length > 0) {
      this.#out = this.#in.toReversed();
      this.#in = [];
    }
    return this.#out.pop() ?? empty;
  }
}
