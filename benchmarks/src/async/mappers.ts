// How each library maps inputs through an async function: as its documents show, or in a better way.
import { PromisePool } from "@supercharge/promise-pool";
import { mapLimit } from "async";
import { Sema } from "async-sema";
import * as Effect from "effect/Effect";
import fastq from "fastq";
import pLimit from "p-limit";
import pMap from "p-map";
import PQueue from "p-queue";
import { collect, parallelMap } from "streaming-iterables";

/** Returns the results in the order of the inputs. */
export type MapAll = <I, T>(
  items: IterableIterator<I>,
  mapper: (item: I) => Promise<T>,
  workers: number,
) => Promise<unknown>;

/** The minimum: workers take from one iterator and store results at their index. */
export async function rawMap<I, T>(
  items: IterableIterator<I>,
  mapper: (item: I) => Promise<T>,
  workers: number,
): Promise<T[]> {
  const results: T[] = [];
  let index = 0;
  async function work(): Promise<void> {
    for (;;) {
      const { value, done } = items.next();
      if (done) return;
      const at = index++;
      // oxlint-disable-next-line no-await-in-loop -- a worker does one after another
      results[at] = await mapper(value);
    }
  }
  await Promise.all(Array.from({ length: workers }, work));
  return results;
}

/** Peers that pull the next input when there is room for it. */
export const pulling: Readonly<Record<string, MapAll>> = {
  "p-map": (items, mapper, concurrency) => pMap(items, mapper, { concurrency }),
  "p-map with signal": (items, mapper, concurrency) =>
    pMap(items, mapper, { concurrency, signal: new AbortController().signal }),
  "promise-pool": async (items, mapper, workers) => {
    const pool = PromisePool.withConcurrency(workers).for(items).useCorrespondingResults();
    const { results } = await pool.process((item) => mapper(item));
    return results;
  },
  "streaming-iterables: collect(parallelMap)": (items, mapper, workers) =>
    collect(parallelMap(workers, mapper, items)),
  "p-queue with back-pressure": async (items, mapper, concurrency) => {
    const queue = new PQueue({ concurrency });
    const results: unknown[] = [];
    let index = 0;
    for (const item of items) {
      const at = index++;
      // oxlint-disable-next-line no-await-in-loop -- waits for room
      if (queue.size >= concurrency) await queue.onSizeLessThan(concurrency);
      void queue.add(async () => {
        results[at] = await mapper(item);
      });
    }
    await queue.onIdle();
    return results;
  },
  "async-sema before each start": async (items, mapper, workers) => {
    const sema = new Sema(workers, { capacity: workers });
    const results: unknown[] = [];
    const one = async <I>(item: I, at: number, map: (item: I) => Promise<unknown>): Promise<void> => {
      try {
        results[at] = await map(item);
      } finally {
        sema.release();
      }
    };
    let index = 0;
    for (const item of items) {
      // oxlint-disable-next-line no-await-in-loop -- waits for room
      await sema.acquire();
      void one(item, index++, mapper);
    }
    await sema.drain();
    return results;
  },
};

/** Peers that pull all inputs at once and queue them. */
export const queueing: Readonly<Record<string, MapAll>> = {
  "Effect.forEach": (items, mapper, concurrency) =>
    Effect.runPromise(Effect.forEach(items, (item) => Effect.promise(() => mapper(item)), { concurrency })),
  "fastq.promise": (items, mapper, workers) => {
    const queue = fastq.promise(mapper, workers);
    return Promise.all(Array.from(items, (item) => queue.push(item)));
  },
  "p-limit: limit.map": (items, mapper, workers) => pLimit(workers).map(items, mapper),
  "p-queue: addAll": (items, mapper, concurrency) =>
    new PQueue({ concurrency }).addAll(Array.from(items, (item) => () => mapper(item))),
  "async-sema around each": (items, mapper, workers) => {
    const sema = new Sema(workers, { capacity: 2 ** 20 });
    const one = async <I, T>(item: I, map: (item: I) => Promise<T>): Promise<T> => {
      await sema.acquire();
      try {
        return await map(item);
      } finally {
        sema.release();
      }
    };
    return Promise.all(Array.from(items, (item) => one(item, mapper)));
  },
};

/** Accepts only an `async` function as mapper; it passes a callback to others. */
export const asyncMapLimit: MapAll = (items, mapper, workers) => mapLimit(items, workers, mapper);

/** Group after group, each awaited as a whole. */
export const waves: MapAll = async (items, mapper, workers) => {
  const all = [...items];
  const results: unknown[] = [];
  for (let start = 0; start < all.length; start += workers) {
    const group = all.slice(start, start + workers);
    // oxlint-disable-next-line no-await-in-loop -- one group after another is the point
    results.push(...(await Promise.all(group.map((item) => mapper(item)))));
  }
  return results;
};
