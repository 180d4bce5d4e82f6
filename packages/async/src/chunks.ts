import { checkCount, describe } from "./job-options.ts";

/**
 * Cuts an iterable into arrays of `size` items; the last one may be shorter, or is filled up with `pad`
 * where that is given, be it `undefined`. Nothing is read beyond the chunk asked for.
 *
 * @throws RangeError or TypeError for a bad size or input
 *
 * @example
 * ```ts
 * [...chunks([1, 2, 3, 4, 5], 2)]; // [[1, 2], [3, 4], [5]]
 * [...chunks([1, 2, 3], 2, { pad: 0 })]; // [[1, 2], [3, 0]]
 * ```
 */
export function chunks<T, P = never>(
  items: Iterable<T>,
  size: number,
  options?: { readonly pad: P },
): Generator<(T | P)[], void, undefined>;
export function chunks<T, P = never>(
  items: AsyncIterable<T>,
  size: number,
  options?: { readonly pad: P },
): AsyncGenerator<(T | P)[], void, undefined>;
export function chunks<T, P>(
  items: Iterable<T> | AsyncIterable<T>,
  size: number,
  options?: { readonly pad: P },
): Generator<(T | P)[], void, undefined> | AsyncGenerator<(T | P)[], void, undefined> {
  checkCount("size", size);
  const iterable: unknown = items;
  if (typeof iterable === "object" && iterable !== null) {
    if (Symbol.asyncIterator in iterable) return asyncChunks(items as AsyncIterable<T>, size, options);
    if (Symbol.iterator in iterable) return syncChunks(items as Iterable<T>, size, options);
  } else if (typeof iterable === "string") {
    return syncChunks(items as Iterable<T>, size, options);
  }
  throw new TypeError(`chunks needs an iterable or an async iterable, not ${describe(items)}`);
}

function* syncChunks<T, P>(
  items: Iterable<T>,
  size: number,
  options: { readonly pad: P } | undefined,
): Generator<(T | P)[], void, undefined> {
  let chunk: (T | P)[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length === size) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield fill(chunk, size, options);
}

async function* asyncChunks<T, P>(
  items: AsyncIterable<T>,
  size: number,
  options: { readonly pad: P } | undefined,
): AsyncGenerator<(T | P)[], void, undefined> {
  let chunk: (T | P)[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length === size) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield fill(chunk, size, options);
}

function fill<T>(chunk: T[], size: number, options: { readonly pad: T } | undefined): T[] {
  if (options && "pad" in options) while (chunk.length < size) chunk.push(options.pad);
  return chunk;
}
