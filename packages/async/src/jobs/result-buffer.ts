import { keepAlive } from "../support/keep-alive.ts";

/** Stands where there is no result. */
export const empty: unique symbol = Symbol("empty");

/** Where results of a stream wait until they are taken. */
export interface ResultBuffer<T, R> {
  put(index: number, value: T): void;
  /** The next result to hand out, or {@link empty} where it is not there yet. */
  take(): R | typeof empty;
}

/** Hands results out in the order of the inputs: a ring that has a place for each job that may be under way. */
export class OrderedBuffer<T> implements ResultBuffer<T, T> {
  private static readonly kept: void = /* @__PURE__ */ keepAlive(/* @__PURE__ */ new this(1));

  readonly #ring: (T | typeof empty)[];
  readonly #mask: number;
  #next = 0;

  /** @param capacity how many jobs may be started and not taken */
  constructor(capacity: number) {
    // A power of two, so that a place is found without a division.
    const size = 2 ** Math.ceil(Math.log2(capacity));
    this.#ring = new Array<T | typeof empty>(size).fill(empty);
    this.#mask = size - 1;
  }

  put(index: number, value: T): void {
    this.#ring[index & this.#mask] = value;
  }

  take(): T | typeof empty {
    const place = this.#next & this.#mask;
    const value = this.#ring[place]!;
    if (value === empty) return empty;
    this.#ring[place] = empty;
    this.#next++;
    return value;
  }
}

/** A result and the place of its input. */
export interface Completed<T> {
  readonly index: number;
  readonly value: T;
}

/** Hands results out in the order they came. */
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
