import { checkCount, checkFunction, checkNames, describe, type NamesOf } from "@llx/support";

/** How large a chunk may be: by number of items, by weight, or by both. */
export type ChunkLimits<T> = {
  /** How many items a chunk may have. */
  readonly maxItems?: number | undefined;
} & (
  | { readonly maxWeight?: undefined; readonly weigh?: undefined }
  | {
      /** How much the items of a chunk may weigh in total, in the unit of `weigh`. */
      readonly maxWeight: number;
      /** Returns the weight of an item, such as its number of tokens or bytes. */
      readonly weigh: (item: T) => number;
    }
);

/**
 * Splits an iterable into arrays of `size` items, or as large as its limits on count and weight allow. The last one
 * may be shorter, or is filled with `pad` if `options` has it, even as `undefined`. Nothing is read beyond the
 * requested chunk, except an item that is too heavy for it and starts the next one.
 *
 * @param items are read as chunks are asked for
 * @throws RangeError or TypeError for a bad size or input; RangeError for an item heavier than `maxWeight`
 *
 * @example
 * ```ts
 * [...chunks([1, 2, 3, 4, 5], 2)]; // [[1, 2], [3, 4], [5]]
 * [...chunks([1, 2, 3], 2, { pad: 0 })]; // [[1, 2], [3, 0]]
 * [...chunks(["aa", "b", "ccc"], { maxWeight: 3, weigh: (text) => text.length })]; // [["aa", "b"], ["ccc"]]
 * ```
 */
export function chunks<T, P = never>(
  items: Iterable<T>,
  size: number | ChunkLimits<T>,
  options?: { readonly pad: P },
): Generator<(T | P)[], void, undefined>;
export function chunks<T, P = never>(
  items: AsyncIterable<T>,
  size: number | ChunkLimits<T>,
  options?: { readonly pad: P },
): AsyncGenerator<(T | P)[], void, undefined>;
export function chunks<T, P>(
  items: Iterable<T> | AsyncIterable<T>,
  size: number | ChunkLimits<T>,
  options?: { readonly pad: P },
): Generator<(T | P)[], void, undefined> | AsyncGenerator<(T | P)[], void, undefined> {
  const builder = new ChunkBuilder<T, P>(typeof size === "number" ? { maxItems: size } : size, options);
  const iterable: unknown = items;
  if (typeof iterable === "object" && iterable !== null) {
    if (Symbol.asyncIterator in iterable) return asyncChunks(items as AsyncIterable<T>, builder);
    if (Symbol.iterator in iterable) return syncChunks(items as Iterable<T>, builder);
  } else if (typeof iterable === "string") {
    return syncChunks(items as Iterable<T>, builder);
  }
  throw new TypeError(`chunks needs an iterable or an async iterable, not ${describe(items)}`);
}

function* syncChunks<T, P>(
  items: Iterable<T>,
  builder: ChunkBuilder<T, P>,
): Generator<(T | P)[], void, undefined> {
  for (const item of items) {
    const weight = builder.weigh(item);
    if (!builder.fits(weight)) yield builder.take();
    builder.add(item, weight);
    if (builder.isFull) yield builder.take();
  }
  if (!builder.isEmpty) yield builder.takePadded();
}

async function* asyncChunks<T, P>(
  items: AsyncIterable<T>,
  builder: ChunkBuilder<T, P>,
): AsyncGenerator<(T | P)[], void, undefined> {
  for await (const item of items) {
    const weight = builder.weigh(item);
    if (!builder.fits(weight)) yield builder.take();
    builder.add(item, weight);
    if (builder.isFull) yield builder.take();
  }
  if (!builder.isEmpty) yield builder.takePadded();
}

const limitNames: NamesOf<ChunkLimits<unknown>> = { maxItems: true, maxWeight: true, weigh: true };
const isMaxItems = "it is called maxItems";
const foreignNames: Readonly<Record<string, string>> = {
  size: isMaxItems,
  batchSize: isMaxItems,
  maxBatchSize: isMaxItems,
  chunkSize: isMaxItems,
};
const paddingNames: NamesOf<{ pad: unknown }> = { pad: true };

/** Collects the items of one chunk after another. */
class ChunkBuilder<T, P> {
  readonly #maxItems: number;
  readonly #maxWeight: number;
  readonly #weigh: ((item: T) => number) | undefined;
  readonly #padding: { readonly pad: P } | undefined;
  #items: (T | P)[] = [];
  #weight = 0;
  #seen = 0;

  constructor(limits: ChunkLimits<T>, padding: { readonly pad: P } | undefined) {
    if (typeof limits !== "object" || limits === null) {
      throw new TypeError(`size must be a number or an object of limits, not ${describe(limits)}`);
    }
    checkNames(limits, limitNames, foreignNames);
    if (padding !== undefined) checkNames(padding, paddingNames);
    const { maxItems, maxWeight, weigh } = limits;
    if (maxItems === undefined && maxWeight === undefined) {
      throw new TypeError("limits of size must have maxItems, or maxWeight and weigh");
    }
    if (maxItems !== undefined) checkCount(limits.maxWeight === undefined ? "size" : "maxItems", maxItems);
    if (maxWeight !== undefined) {
      if (typeof maxWeight !== "number" || !(maxWeight > 0)) {
        throw new RangeError(`maxWeight must be a number above 0, not ${describe(maxWeight)}`);
      }
      checkFunction("weigh", weigh);
    }
    this.#padding = padding !== undefined && "pad" in padding ? padding : undefined;
    if (this.#padding && maxItems === undefined)
      throw new TypeError("pad needs maxItems, the length to fill up to");
    this.#maxItems = maxItems ?? Number.POSITIVE_INFINITY;
    this.#maxWeight = maxWeight ?? Number.POSITIVE_INFINITY;
    this.#weigh = weigh;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  get isFull(): boolean {
    return this.#items.length === this.#maxItems || this.#weight === this.#maxWeight;
  }

  /** @throws RangeError for an item that fits into no chunk, or whose weight is not a number from 0 */
  weigh(item: T): number {
    const index = this.#seen++;
    if (this.#weigh === undefined) return 0;
    const weight = this.#weigh(item);
    if (typeof weight !== "number" || !(weight >= 0)) {
      throw new RangeError(`the weight of item ${index} must be a number from 0, not ${describe(weight)}`);
    }
    if (weight > this.#maxWeight) {
      throw new RangeError(`item ${index} weighs ${weight}, more than maxWeight (${this.#maxWeight})`);
    }
    return weight;
  }

  fits(weight: number): boolean {
    return this.#weight + weight <= this.#maxWeight;
  }

  add(item: T, weight: number): void {
    this.#items.push(item);
    this.#weight += weight;
  }

  take(): (T | P)[] {
    const taken = this.#items;
    this.#items = [];
    this.#weight = 0;
    return taken;
  }

  takePadded(): (T | P)[] {
    if (this.#padding) while (this.#items.length < this.#maxItems) this.#items.push(this.#padding.pad);
    return this.take();
  }
}
