// Inputs that arrive one by one, and results that are taken one by one.
import assert from "node:assert/strict";
import { mapJobs, streamJobs } from "@llx/async";
import * as Effect from "effect/Effect";
import * as Stream from "effect/Stream";
import pMap, { pMapIterable } from "p-map";
import { collect, parallelMap, transform } from "streaming-iterables";
import { compare, heapUsed, number } from "../harness.ts";
import {
  asyncCounter,
  call,
  checked,
  checkedTimes,
  closures,
  few,
  fewer,
  job,
  rounds,
  times,
} from "./job-plan.ts";
import { rawMap } from "./mappers.ts";

/** Workers call one async iterator in sequence: it need not support concurrent calls of next(). */
async function rawChained<I, T>(
  items: AsyncIterable<I>,
  mapper: (item: I) => Promise<T>,
  workers: number,
): Promise<T[]> {
  const results: T[] = [];
  const iterator = items[Symbol.asyncIterator]();
  let index = 0;
  let last: Promise<unknown> = Promise.resolve();
  const pull = (): Promise<IteratorResult<I, unknown>> => {
    const pulled = last.then(() => iterator.next());
    last = pulled;
    return pulled;
  };
  async function work(): Promise<void> {
    for (;;) {
      const at = index++;
      // oxlint-disable-next-line no-await-in-loop -- a worker does one after another
      const { value, done } = await pull();
      if (done) return;
      // oxlint-disable-next-line no-await-in-loop
      results[at] = await mapper(value);
    }
  }
  await Promise.all(Array.from({ length: workers }, work));
  return results;
}

/** The same for an async generator, which queues calls itself. */
async function rawQueued<I, T>(
  items: AsyncGenerator<I>,
  mapper: (item: I) => Promise<T>,
  workers: number,
): Promise<T[]> {
  const results: T[] = [];
  let index = 0;
  async function work(): Promise<void> {
    for (;;) {
      const at = index++;
      // oxlint-disable-next-line no-await-in-loop -- a worker does one after another
      const { value, done } = await items.next();
      if (done) return;
      // oxlint-disable-next-line no-await-in-loop
      results[at] = await mapper(value);
    }
  }
  await Promise.all(Array.from({ length: workers }, work));
  return results;
}

export async function asyncSection(workers: number): Promise<void> {
  await compare(
    `mapJobs over an async generator, ${workers} workers`,
    await checked([
      { name: "raw, chained", run: (count) => rawChained(asyncCounter(count), job, workers) },
      { name: "raw, queued by the generator", run: (count) => rawQueued(asyncCounter(count), job, workers) },
      { name: "ours", run: (count) => mapJobs(asyncCounter(count), job, { workers }) },
      {
        name: "p-map",
        times: fewer,
        run: (count) => pMap(asyncCounter(count), job, { concurrency: workers }),
      },
      {
        name: "pMapIterable",
        times: fewer,
        run: (count) =>
          Array.fromAsync(
            pMapIterable(asyncCounter(count), job, { concurrency: workers, backpressure: 9 * workers }),
          ),
      },
      {
        name: "streaming-iterables: collect(parallelMap)",
        times: fewer,
        run: (count) => collect(parallelMap(workers, job, asyncCounter(count))),
      },
    ]),
    { times, rounds, bases: ["raw, chained", "raw, queued by the generator"], goals: { ours: 1.25 } },
  );
}

/** Consumes everything and keeps nothing; a few results are returned to be checked. */
async function drain<T>(stream: AsyncIterable<T>, count: number): Promise<T[] | undefined> {
  const kept: T[] | undefined = count === checkedTimes ? [] : undefined;
  let taken = 0;
  for await (const value of stream) {
    taken++;
    kept?.push(value);
  }
  assert.equal(taken, count);
  return kept;
}

const ascending = (a: number, b: number): number => a - b;

/** Streams in order, each with a buffer of eight results per worker besides running jobs, if it has a buffer. */
function streams(workers: number): Record<string, (count: number) => AsyncIterable<number>> {
  return {
    ours: (count) => streamJobs(closures(count), { workers }),
    pMapIterable: (count) =>
      pMapIterable(closures(count), call, { concurrency: workers, backpressure: 9 * workers }),
    "streaming-iterables: parallelMap": (count) => parallelMap(workers, call, closures(count)),
  };
}

export async function streamSection(workers: number): Promise<void> {
  const contenders = Object.entries(streams(workers)).map(([name, stream]) => ({
    name,
    times: name === "ours" ? undefined : fewer,
    run: (count: number) => drain(stream(count), count),
  }));
  await compare(
    `streamJobs, ${workers} workers, results discarded; raw keeps them`,
    await checked([
      { name: "raw", run: (count) => rawMap(closures(count), call, workers) },
      ...contenders,
      {
        name: "Effect: Stream.mapEffect",
        times: few,
        run: async (count) => {
          const kept: number[] = [];
          const stream = Stream.fromIterable(closures(count)).pipe(
            Stream.mapEffect((closure) => Effect.promise(closure), { concurrency: workers }),
          );
          await Effect.runPromise(
            Stream.runForEach(stream, (value) =>
              Effect.sync(() => {
                if (count === checkedTimes) kept.push(value);
              }),
            ),
          );
          return kept;
        },
      },
      {
        name: "ours, ordered: false",
        run: async (count) => {
          const kept = await drain(streamJobs(closures(count), { workers, ordered: false }), count);
          return kept?.map(({ value }) => value).toSorted(ascending);
        },
      },
      {
        name: "streaming-iterables: transform (unordered)",
        times: fewer,
        run: async (count) => {
          const kept = await drain(transform(workers, call, closures(count)), count);
          return kept?.toSorted(ascending);
        },
      },
    ]),
    { times, rounds, bases: ["raw", "ours"], goals: { ours: 2.2 } },
  );
  await heapSection(workers);
}

async function heapSection(workers: number): Promise<void> {
  console.log(
    `\n**Heap after a collection, ${workers} workers: growth from a tenth to nine tenths of ${number(times)}**\n`,
  );
  console.log("| | MiB | goal |\n| --- | ---: | ---: |");
  for (const [name, stream] of Object.entries(streams(workers))) {
    let taken = 0;
    let early = 0;
    let late = 0;
    // oxlint-disable-next-line no-await-in-loop -- one stream after another
    for await (const value of stream(times)) {
      assert.equal(value, taken++);
      if (taken === times * 0.1) early = heapUsed();
      if (taken === times * 0.9) late = heapUsed();
    }
    const growth = (late - early) / 2 ** 20;
    console.log(`| ${name} | ${growth.toFixed(2)} | ${name === "ours" ? "< 1" : ""} |`);
    if (name === "ours") assert(growth < 1, `the heap grew by ${growth} MiB`);
  }
}
