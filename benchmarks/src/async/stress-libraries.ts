// The libraries under stress, behind one interface.
import { PromisePool } from "@supercharge/promise-pool";
import { type Job as OurJob, mapJobs, Semaphore, streamJobs } from "@llx/async";
import { mapLimit, queue, type QueueObject } from "async";
import { Semaphore as MutexSemaphore } from "async-mutex";
import { Sema } from "async-sema";
import Bottleneck from "bottleneck";
import * as Effect from "effect/Effect";
import * as EffectSemaphore from "effect/Semaphore";
import fastq from "fastq";
import pLimit from "p-limit";
import pMap from "p-map";
import PQueue from "p-queue";
import { from, lastValueFrom, mergeMap, toArray } from "rxjs";
import { collect, parallelMap } from "streaming-iterables";

/** Receives a signal from libraries that have one per job. */
export type Job = (n: number, signal?: AbortSignal) => Promise<unknown>;

export function* closures(numbers: Iterable<number>, job: Job): Generator<OurJob<unknown>, void, undefined> {
  for (const n of numbers) yield ({ signal }) => job(n, signal);
}

/** Runs a job for each number, at most so many at once, and rejects with the first failure. */
export type Mapper = (numbers: IterableIterator<number>, job: Job, workers: number) => Promise<unknown>;

export const mappers: Readonly<Record<string, Mapper>> = {
  "ours, mapJobs": (numbers, job, workers) =>
    mapJobs(numbers, (n, { signal }) => job(n, signal), { workers }),
  "ours, streamJobs": (numbers, job, workers) =>
    Array.fromAsync(streamJobs(closures(numbers, job), { workers })),
  "p-map": (numbers, job, concurrency) => pMap(numbers, (n) => job(n), { concurrency }),
  "p-limit": (numbers, job, workers) => pLimit(workers).map(numbers, (n) => job(n)),
  "p-queue": (numbers, job, concurrency) =>
    new PQueue({ concurrency }).addAll(
      Array.from(
        numbers,
        (n) =>
          ({ signal }: { signal?: AbortSignal | undefined }) =>
            job(n, signal),
      ),
    ),
  async: (numbers, job, workers) => mapLimit(numbers, workers, async (n: number) => job(n)),
  "async-sema": (numbers, job, workers) => each(numbers, job, limiters["async-sema"]!(workers)),
  "async-mutex": (numbers, job, workers) => each(numbers, job, limiters["async-mutex"]!(workers)),
  Effect: (numbers, job, concurrency) =>
    Effect.runPromise(
      Effect.forEach(numbers, (n) => Effect.tryPromise((signal) => job(n, signal)), { concurrency }),
    ),
  fastq: (numbers, job, workers) => {
    const tasks = fastq.promise((n: number) => job(n), workers);
    return Promise.all(Array.from(numbers, (n) => tasks.push(n)));
  },
  "promise-pool": (numbers, job, workers) =>
    PromisePool.withConcurrency(workers)
      .for(numbers)
      .handleError((error) => {
        throw error;
      })
      .process((n) => job(n)),
  "streaming-iterables": (numbers, job, workers) => collect(parallelMap(workers, (n) => job(n), numbers)),
  rxjs: (numbers, job, workers) =>
    lastValueFrom(
      from(numbers).pipe(
        mergeMap((n) => job(n), workers),
        toArray(),
      ),
    ),
  bottleneck: (numbers, job, workers) => each(numbers, job, limiters["bottleneck"]!(workers)),
};

function each(numbers: Iterable<number>, job: Job, limiter: Limiter): Promise<unknown> {
  return Promise.all(Array.from(numbers, (n) => limiter(() => job(n))));
}

/** Runs a function when there is a permit for it. */
export type Limiter = <T>(body: () => Promise<T>) => Promise<T>;

type Body = () => Promise<unknown>;

export const asyncQueue = (permits: number): QueueObject<Body> =>
  // oxlint-disable-next-line typescript/no-misused-promises -- it knows async functions
  queue(async (body: Body) => body(), permits);

export const fastQueue = (permits: number): fastq.queueAsPromised<Body> =>
  fastq.promise(async (body: Body) => body(), permits);

/** A body without its type, for queues. */
export const typed =
  (push: (body: Body) => Promise<unknown>): Limiter =>
  async <T>(body: () => Promise<T>) =>
    (await push(body)) as T;

export const limiters: Readonly<Record<string, (permits: number) => Limiter>> = {
  "ours, use": (permits) => {
    const semaphore = new Semaphore(permits);
    return (body) => semaphore.use(body);
  },
  "p-limit": (permits) => pLimit(permits),
  "p-queue": (concurrency) => {
    const tasks = new PQueue({ concurrency });
    return typed((body) => tasks.add(body));
  },
  async: (permits) => {
    const tasks = asyncQueue(permits);
    return (body) => tasks.pushAsync(body);
  },
  "async-sema": (permits) => {
    const sema = new Sema(permits);
    return async (body) => {
      await sema.acquire();
      try {
        return await body();
      } finally {
        sema.release();
      }
    };
  },
  "async-mutex": (permits) => {
    const semaphore = new MutexSemaphore(permits);
    return (body) => semaphore.runExclusive(body);
  },
  Effect: (permits) => {
    const semaphore = EffectSemaphore.makeUnsafe(permits);
    return (body) => Effect.runPromise(semaphore.withPermit(Effect.promise(body)));
  },
  fastq: (permits) => {
    const tasks = fastQueue(permits);
    return typed((body) => tasks.push(body));
  },
  bottleneck: (maxConcurrent) => {
    const bottleneck = new Bottleneck({ maxConcurrent });
    return (body) => bottleneck.schedule(body);
  },
};

/** The same where a body may take several permits. */
export type WeightedLimiter = <T>(weight: number, body: () => Promise<T>) => Promise<T>;

export const weightedLimiters: Readonly<Record<string, (permits: number) => WeightedLimiter>> = {
  "ours, use": (permits) => {
    const semaphore = new Semaphore(permits);
    return (weight, body) => semaphore.use(body, { weight });
  },
  "async-mutex": (permits) => {
    const semaphore = new MutexSemaphore(permits);
    return (weight, body) => semaphore.runExclusive(body, weight);
  },
  Effect: (permits) => {
    const semaphore = EffectSemaphore.makeUnsafe(permits);
    return (weight, body) => Effect.runPromise(semaphore.withPermits(weight)(Effect.promise(body)));
  },
  bottleneck: (maxConcurrent) => {
    const bottleneck = new Bottleneck({ maxConcurrent });
    return (weight, body) => bottleneck.schedule({ weight }, body);
  },
};
