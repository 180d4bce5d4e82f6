// mapJobs and runJobs over inputs that are available at once.
import { AdaptiveLimiter, type JobOptions, mapJobs, RateLimiter, runJobs, Semaphore } from "@llx/async";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { compare, type Contender } from "../harness.ts";
import { call, checked, closures, counter, few, fewer, job, rounds, times } from "./job-plan.ts";
import { asyncMapLimit, type MapAll, pulling, queueing, rawMap, waves } from "./mappers.ts";

function peers<I>(
  inputs: (count: number) => IterableIterator<I>,
  mapper: (item: I) => Promise<unknown>,
  workers: number,
  names: readonly string[] = Object.keys(all),
): Contender[] {
  return names.map((name) => ({
    name,
    times: timesOf(name),
    run: (count) => all[name]!(inputs(count), mapper, workers),
  }));
}

const all: Readonly<Record<string, MapAll>> = { ...pulling, ...queueing };

function timesOf(name: string): number {
  if (name === "p-map") return 2 * fewer;
  return name.startsWith("p-queue") ? few : fewer;
}

/** Inside an event, as in a traced application, so that each job is an event of the trace. */
function traced(name: string, run: (count: number) => Promise<unknown>): Contender {
  const debug = new DebugHandler();
  const manager = new CallbackManager({ handlers: [debug] });
  return {
    name,
    times: fewer,
    run: (count) => manager.event("query", () => run(count)),
    reset: () => debug.flushEventLogs(),
  };
}

const goals = {
  ours: 1.25,
  "ours with signal": 1.25,
  "ours with timeout": 1.5,
  "ours with retry": 1.25,
  "ours, traced": "≤ 2,000 ns",
  "p-map": "≥ 3 × ours",
};

const adaptive = (workers: number): AdaptiveLimiter =>
  new AdaptiveLimiter({ min: workers, initial: workers, max: workers });
/** A rate that delays nothing. */
const ample = (): RateLimiter => new RateLimiter({ requests: { limit: 1_000_000_000, interval: 1000 } });

export async function mapSection(workers: number): Promise<void> {
  const ours = (count: number, more: JobOptions = {}): Promise<number[]> =>
    mapJobs(counter(count), job, { workers, ...more });
  await compare(
    `mapJobs over a generator, ${workers} workers`,
    await checked([
      { name: "raw", run: (count) => rawMap(counter(count), job, workers) },
      { name: "ours", run: (count) => ours(count) },
      { name: "ours with signal", run: (count) => ours(count, { signal: new AbortController().signal }) },
      { name: "ours with timeout", run: (count) => ours(count, { timeout: 60_000 }) },
      { name: "ours with retry", run: (count) => ours(count, { retry: {} }) },
      {
        name: "ours with a shared semaphore",
        run: (count) => ours(count, { workers: new Semaphore(workers) }),
      },
      { name: "ours with an adaptive limiter", run: (count) => ours(count, { workers: adaptive(workers) }) },
      { name: "ours with a rate", run: (count) => ours(count, { rate: ample() }) },
      traced("ours, traced", (count) => ours(count)),
      { name: "async.mapLimit", run: (count) => asyncMapLimit(counter(count), job, workers) },
      ...peers(counter, job, workers),
    ]),
    { times, rounds, bases: ["raw", "ours"], goals },
  );
}

export async function runSection(workers: number): Promise<void> {
  const ours = (count: number, more: JobOptions = {}): Promise<number[]> =>
    runJobs(closures(count), { workers, ...more });
  await compare(
    `runJobs over a generator of closures, ${workers} workers`,
    await checked([
      { name: "raw", run: (count) => rawMap(closures(count), call, workers) },
      { name: "ours", run: (count) => ours(count) },
      { name: "ours with signal", run: (count) => ours(count, { signal: new AbortController().signal }) },
      { name: "ours with timeout", run: (count) => ours(count, { timeout: 60_000 }) },
      { name: "ours with retry", run: (count) => ours(count, { retry: {} }) },
      traced("ours, traced", (count) => ours(count)),
      ...peers(closures, call, workers, ["p-map", "Effect.forEach", "p-limit: limit.map", "p-queue: addAll"]),
    ]),
    { times, rounds, bases: ["raw", "ours"], goals },
  );
}

const immediate = (n: number): Promise<number> => new Promise((resolve) => void setImmediate(resolve, n));

export async function immediateSection(): Promise<void> {
  const workers = 64;
  await compare(
    `Jobs that take a turn (setImmediate), ${workers} workers`,
    await checked([
      { name: "raw", run: (count) => rawMap(counter(count), immediate, workers) },
      { name: "ours", run: (count) => mapJobs(counter(count), immediate, { workers }) },
      { name: "waves of Promise.all", run: (count) => waves(counter(count), immediate, workers) },
      ...peers(counter, immediate, workers),
    ]),
    { times: fewer, rounds, bases: ["raw", "ours"] },
  );
}
