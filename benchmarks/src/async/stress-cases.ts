// How libraries behave in unusual situations. Each cell runs in its own process, and may hang.
import { PromisePool } from "@supercharge/promise-pool";
import { mapJobs, Semaphore, streamJobs } from "@llx/async";
import { Semaphore as MutexSemaphore, withTimeout } from "async-mutex";
import { Sema } from "async-sema";
import Bottleneck from "bottleneck";
import * as Effect from "effect/Effect";
import * as EffectSemaphore from "effect/Semaphore";
import * as Stream from "effect/Stream";
import pLimit from "p-limit";
import pMap, { pMapIterable } from "p-map";
import PQueue from "p-queue";
import pThrottle from "p-throttle";
import { parallelMap } from "streaming-iterables";
import {
  asyncQueue,
  closures,
  fastQueue,
  type Job,
  limiters,
  mappers,
  typed,
  weightedLimiters,
} from "./stress-libraries.ts";
import {
  asyncContext,
  firstFailure,
  heavyAmongLight,
  hundred,
  itemsPulled,
  itemsPulledByStream,
  lateJobs,
  listeners,
  nested,
  numbers,
  outcome,
  releasedThrice,
  sentAway,
  sleep,
  withWorkers,
} from "./stress-probes.ts";

/** Describes the outcome in a few words. */
type Cell = () => Promise<string>;

export interface Case {
  readonly name: string;
  /** By library, or by library and way of using it: "p-queue, timeout". Libraries without the feature are absent. */
  readonly cells: Readonly<Record<string, Cell>>;
}

function cells<T>(list: Readonly<Record<string, T>>, cell: (library: T) => Promise<string>): Case["cells"] {
  return Object.fromEntries(Object.entries(list).map(([name, library]) => [name, () => cell(library)]));
}

/** Streams of the results in order; the first job blocks, the others do not. */
const streams: Readonly<Record<string, (inputs: Iterable<number>, job: Job) => unknown>> = {
  ours: (inputs, job) => firstOf(streamJobs(closures(inputs, job))),
  "p-map": (inputs, job) => firstOf(pMapIterable(inputs, (n) => job(n), { concurrency: 4 })),
  "streaming-iterables": (inputs, job) => firstOf(parallelMap(4, (n) => job(n), inputs)),
  Effect: (inputs, job) =>
    Effect.runPromise(
      Stream.fromIterable(inputs).pipe(
        Stream.mapEffect((n) => Effect.promise(() => job(n)), { concurrency: 4 }),
        Stream.runDrain,
      ),
    ),
};

const firstOf = (stream: AsyncIterable<unknown>): Promise<unknown> => stream[Symbol.asyncIterator]().next();

async function pooled(timeout: number, job: () => Promise<void>): Promise<unknown> {
  return PromisePool.withConcurrency(1).for([1, 2, 3, 4, 5]).withTaskTimeout(timeout).process(job);
}

export const cases: readonly Case[] = [
  {
    name: "first failure of 20 jobs, 4 workers: when the call rejects",
    cells: cells(mappers, firstFailure),
  },
  {
    name: "generator of 10,000, 4 workers, all jobs block: items pulled",
    cells: cells(mappers, itemsPulled),
  },
  {
    name: "ordered stream of 10,000, 4 workers, the first job blocks: items pulled",
    cells: cells(streams, itemsPulledByStream),
  },
  {
    name: "nested acquire on a one-permit limiter",
    cells: {
      ...cells(limiters, (limiter) => nested(limiter(1))),
      "ours, acquire with timeout": async () => {
        const semaphore = new Semaphore(1);
        return outcome(() => semaphore.use(() => semaphore.acquire({ timeout: 100 })));
      },
      "ours, detectDeadlocks": async () => {
        const semaphore = new Semaphore(1, { detectDeadlocks: true });
        return nested((body) => semaphore.use(body));
      },
      "async-mutex, withTimeout": async () => {
        const semaphore = withTimeout(new MutexSemaphore(1), 100);
        return nested((body) => semaphore.runExclusive(body));
      },
      "p-queue, timeout": async () => {
        const tasks = new PQueue({ concurrency: 1, timeout: 100 });
        return nested(typed((body) => tasks.add(body)));
      },
      "bottleneck, expiration": async () => {
        const bottleneck = new Bottleneck({ maxConcurrent: 1 });
        return nested((body) => bottleneck.schedule({ expiration: 100 }, body));
      },
    },
  },
  {
    name: "permit released two extra times",
    cells: {
      ours: async () => {
        const semaphore = new Semaphore(1);
        const permit = await semaphore.acquire();
        return releasedThrice({ release: () => permit.release(), take: () => semaphore.tryAcquire() });
      },
      "async-sema": async () => {
        const sema = new Sema(1);
        await sema.acquire();
        return releasedThrice({ release: () => sema.release(), take: () => sema.tryAcquire() });
      },
      "async-mutex, the releaser": async () => {
        const semaphore = new MutexSemaphore(1);
        const [, release] = await semaphore.acquire();
        return releasedThrice({ release, take: () => takeFree(semaphore) });
      },
      "async-mutex, release()": async () => {
        const semaphore = new MutexSemaphore(1);
        await semaphore.acquire();
        return releasedThrice({ release: () => semaphore.release(), take: () => takeFree(semaphore) });
      },
      Effect: async () => {
        const semaphore = EffectSemaphore.makeUnsafe(1);
        Effect.runSync(semaphore.take(1));
        return releasedThrice({
          release: () => Effect.runSync(semaphore.release(1)),
          take: () => Effect.runSync(semaphore.takeIfAvailable(1)),
        });
      },
    },
  },
  {
    name: "weight 5 of 2 permits",
    cells: {
      ...cells(weightedLimiters, (limiter) => outcome(() => limiter(2)(5, async () => {}))),
      "bottleneck, reservoir": async () => {
        const bottleneck = new Bottleneck({ reservoir: 2 });
        return outcome(() => bottleneck.schedule({ weight: 5 }, async () => {}));
      },
      "p-throttle": async () => {
        const throttle = pThrottle({ limit: 2, interval: 100, weight: () => 5 });
        return outcome(throttle(async () => {}));
      },
    },
  },
  {
    name: "weight 4 of 4 among twelve light jobs of 20 to 53 ms: wait",
    cells: cells(weightedLimiters, (limiter) => heavyAmongLight(limiter(4))),
  },
  {
    name: "async context in a queued task",
    cells: {
      ...cells(limiters, (limiter) => asyncContext(limiter(1))),
      "ours, mapJobs": () => asyncContext((body) => mapJobs([1, 2, 3], body, { workers: 1 })),
      "ours, streamJobs": () =>
        asyncContext((body) => Array.fromAsync(streamJobs([body, body, body], { workers: 1 }))),
      "p-throttle": async () => {
        const throttled = pThrottle({ limit: 1, interval: 10 })((body: () => Promise<unknown>) => body());
        return asyncContext(throttled);
      },
    },
  },
  {
    name: "queue cleared or closed",
    cells: {
      "ours, close": async () => {
        const semaphore = new Semaphore(1);
        return sentAway(
          (body) => semaphore.use(body),
          () => semaphore.close(),
        );
      },
      "p-limit": async () => {
        const limit = pLimit(1);
        return sentAway(limit, () => limit.clearQueue());
      },
      "p-limit, rejectOnClear": async () => {
        const limit = pLimit({ concurrency: 1, rejectOnClear: true });
        return sentAway(limit, () => limit.clearQueue());
      },
      "p-queue": async () => {
        const tasks = new PQueue({ concurrency: 1 });
        return sentAway(
          typed((body) => tasks.add(body)),
          () => tasks.clear(),
        );
      },
      "async, kill": async () => {
        const tasks = asyncQueue(1);
        return sentAway(
          (body) => tasks.pushAsync(body),
          () => tasks.kill(),
        );
      },
      "async-mutex, cancel": async () => {
        const semaphore = new MutexSemaphore(1);
        return sentAway(
          (body) => semaphore.runExclusive(body),
          () => semaphore.cancel(),
        );
      },
      "fastq, kill": () => fastqSentAway("kill"),
      "fastq, abort": () => fastqSentAway("abort"),
      "bottleneck, stop": async () => {
        const bottleneck = new Bottleneck({ maxConcurrent: 1 });
        return sentAway(
          (body) => bottleneck.schedule(body),
          () => void bottleneck.stop({ dropWaitingJobs: true }),
        );
      },
      "p-throttle, signal": async () => {
        const controller = new AbortController();
        const throttle = pThrottle({ limit: 1, interval: 1_000, signal: controller.signal });
        const throttled = throttle((body: () => Promise<unknown>) => body());
        return sentAway(typed(throttled), () => controller.abort());
      },
    },
  },
  {
    name: "time-out, one worker, jobs that ignore it: live jobs",
    cells: {
      ours: () => lateJobs((job) => mapJobs([1, 2, 3, 4, 5], job, { workers: 1, timeout: 20, settle: true })),
      "p-queue": () => {
        const tasks = new PQueue({ concurrency: 1, timeout: 20 });
        return lateJobs((job) => Promise.allSettled([1, 2, 3, 4, 5].map(() => tasks.add(job))));
      },
      "promise-pool": () => lateJobs((job) => pooled(20, job)),
      bottleneck: () => {
        const bottleneck = new Bottleneck({ maxConcurrent: 1 });
        return lateJobs((job) =>
          Promise.allSettled([1, 2, 3, 4, 5].map(() => bottleneck.schedule({ expiration: 20 }, job))),
        );
      },
      Effect: () =>
        lateJobs((job) =>
          Effect.runPromise(
            Effect.forEach([1, 2, 3, 4, 5], () => Effect.promise(job).pipe(Effect.timeout(20), Effect.exit), {
              concurrency: 1,
            }),
          ),
        ),
    },
  },
  ...[0, Number.NaN, 1.5, "4"].map((workers) => ({
    name: `workers: ${typeof workers === "string" ? `"${workers}"` : workers}`,
    cells: {
      ...cells(mappers, (mapper) => withWorkers(mapper, workers)),
      "ours, Semaphore": () => outcome(async () => new Semaphore(workers as number)),
    },
  })),
  {
    name: "the caller's signal with 100 jobs: listeners",
    cells: {
      "ours, mapJobs": () =>
        listeners((signal) => mapJobs(numbers(100), () => sleep(2), { workers: 10, signal })),
      "ours, acquire": () => {
        const semaphore = new Semaphore(10);
        return listeners((signal) => Promise.all(hundred(() => semaphore.use(() => sleep(2), { signal }))));
      },
      "p-map": () => listeners((signal) => pMap(numbers(100), () => sleep(2), { concurrency: 10, signal })),
      "p-queue": () => {
        const tasks = new PQueue({ concurrency: 10 });
        return listeners((signal) => Promise.all(hundred(() => tasks.add(() => sleep(2), { signal }))));
      },
      "p-throttle": () =>
        listeners((signal) => {
          const throttled = pThrottle({ limit: 10, interval: 2, signal })(() => sleep(2));
          return Promise.all(hundred(() => throttled()));
        }),
      "Effect, forEach": () =>
        listeners((signal) =>
          Effect.runPromise(
            Effect.forEach(numbers(100), () => Effect.promise(() => sleep(2)), { concurrency: 10 }),
            { signal },
          ),
        ),
      "Effect, one run per job": () => {
        const semaphore = EffectSemaphore.makeUnsafe(10);
        const one = semaphore.withPermit(Effect.promise(() => sleep(2)));
        return listeners((signal) => Promise.all(hundred(() => Effect.runPromise(one, { signal }))));
      },
    },
  },
];

/** Takes a permit of async-mutex if one is free. */
function takeFree(semaphore: MutexSemaphore): boolean {
  if (semaphore.isLocked()) return false;
  void semaphore.acquire();
  return true;
}

function fastqSentAway(how: "kill" | "abort"): Promise<string> {
  const tasks = fastQueue(1);
  return sentAway(
    typed((body) => tasks.push(body)),
    () => void tasks[how](),
  );
}
