// The tests of libraries under stress; each returns its observation in a few words.
import { AsyncLocalStorage } from "node:async_hooks";
import { getEventListeners } from "node:events";
import { median, number } from "../harness.ts";
import type { Job, Limiter, Mapper, WeightedLimiter } from "./stress-libraries.ts";

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
const never = (): Promise<never> => new Promise(() => {});

/** The name of an error, whatever was thrown. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : String(error));

/** The outcome of a promise; a throw counts as a rejection. */
export async function outcome(body: () => PromiseLike<unknown>): Promise<string> {
  try {
    await body();
    return "resolves";
  } catch (error) {
    return nameOf(error);
  }
}

export function* numbers(count: number, onPull?: () => void): Generator<number, void, undefined> {
  for (let n = 0; n < count; n++) {
    onPull?.();
    yield n;
  }
}

/** The first of 20 jobs fails after 20 ms. The others take 60 ms; after an abort, they take 10 ms to clean up. */
export async function firstFailure(mapper: Mapper): Promise<string> {
  let running = 0;
  let started = 0;
  const signals: AbortSignal[] = [];
  const job: Job = async (n, signal) => {
    running++;
    started++;
    if (signal && n > 0) signals.push(signal);
    try {
      await (n === 0 ? sleep(20) : Promise.race([sleep(60), signal ? aborted(signal) : never()]));
      if (n === 0) throw new Error("the first job");
      if (signal?.aborted) await sleep(10);
    } finally {
      running--;
    }
  };
  await outcome(() => mapper(numbers(20), job, 4));
  const left = running;
  const told = signals.length > 0 && signals.every(({ aborted: is }) => is);
  await sleep(500);
  const signalled = signals.length === 0 ? "no signal" : told ? "aborted" : "not aborted";
  return `${left} still running (${signalled}), ${started} started in total`;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

export async function itemsPulled(mapper: Mapper): Promise<string> {
  let pulled = 0;
  void mapper(
    numbers(10_000, () => pulled++),
    never,
    4,
  );
  await sleep(500);
  return number(pulled);
}

export async function itemsPulledByStream(
  stream: (inputs: Iterable<number>, job: Job) => unknown,
): Promise<string> {
  let pulled = 0;
  void stream(
    numbers(10_000, () => pulled++),
    async (n) => (n === 0 ? never() : n),
  );
  await sleep(500);
  return number(pulled);
}

export const nested = (limiter: Limiter): Promise<string> =>
  outcome(() => limiter(() => limiter(() => Promise.resolve())));

/** A permit is taken, released, and released twice more: how many can then be taken at once? */
export async function releasedThrice(limit: {
  readonly release: () => unknown;
  readonly take: () => unknown;
}): Promise<string> {
  for (let n = 0; n < 3; n++) limit.release();
  let taken = 0;
  while (taken < 10 && limit.take()) taken++;
  return taken === 1 ? "the limit stays 1" : `the limit grows to ${taken}`;
}

/** How long one that wants all four permits waits beside twelve that take one permit again and again: the middle of three. */
export async function heavyAmongLight(limiter: WeightedLimiter): Promise<string> {
  const over = new AbortController();
  const light = Array.from({ length: 12 }, async (_, index) => {
    // oxlint-disable-next-line no-await-in-loop -- again and again is the point
    while (!over.signal.aborted) await limiter(1, () => sleep(20 + 3 * index));
  });
  const waits: number[] = [];
  for (let n = 0; n < 3; n++) {
    // oxlint-disable-next-line no-await-in-loop -- one after another
    await sleep(30);
    const asked = performance.now();
    let waited: number | undefined;
    const heavy = limiter(4, async () => {
      waited = performance.now() - asked;
    });
    // oxlint-disable-next-line no-await-in-loop
    await Promise.race([heavy, sleep(500)]);
    waits.push(waited ?? Number.POSITIVE_INFINITY);
  }
  over.abort();
  await Promise.all(light);
  const middle = median(waits);
  return middle === Number.POSITIVE_INFINITY ? "more than 500 ms" : `${10 * Math.round(middle / 10)} ms`;
}

/** Whether a body runs in the async context of its caller. */
export async function asyncContext(run: (body: () => Promise<unknown>) => Promise<unknown>): Promise<string> {
  const storage = new AsyncLocalStorage<number>();
  const found = await Promise.all(
    Array.from({ length: 5 }, (_, n) =>
      storage.run(n, async () => {
        let seen: number | undefined;
        await run(async () => {
          await sleep(2);
          seen = storage.getStore();
        });
        return seen === n;
      }),
    ),
  );
  const wrong = found.filter((is) => !is).length;
  return wrong === 0 ? "correct" : `wrong in ${wrong} of 5`;
}

/** One runs and three wait; then all waiters are cancelled. */
export async function sentAway(limiter: Limiter, clear: () => unknown): Promise<string> {
  const running = limiter(() => sleep(50));
  const waiting = [1, 2, 3].map(() => outcome(() => limiter(() => sleep(50))));
  await sleep(10);
  await clear();
  await running;
  const result = await Promise.race([Promise.all(waiting), sleep(300)]);
  return result === undefined ? "its callers hang" : `its callers get ${[...new Set(result)].join(", ")}`;
}

/** Jobs of 100 ms that ignore signals, with a time-out of 20 ms and one worker: how many run at once? */
export async function lateJobs(run: (job: () => Promise<void>) => Promise<unknown>): Promise<string> {
  let live = 0;
  let most = 0;
  await run(async () => {
    most = Math.max(most, ++live);
    await sleep(100);
    live--;
  });
  return `${most} at once`;
}

export async function withWorkers(mapper: Mapper, workers: unknown): Promise<string> {
  let live = 0;
  let most = 0;
  let done = 0;
  const job: Job = async () => {
    most = Math.max(most, ++live);
    await sleep(5);
    live--;
    done++;
  };
  const result = await outcome(() => mapper(numbers(20), job, workers as number));
  if (result !== "resolves") return result;
  return done === 20 ? `runs ${most} at once` : `resolves with ${done} of 20 done`;
}

/** How many abort listeners the caller's signal has while 100 jobs run or wait, and after. */
export async function listeners(run: (signal: AbortSignal) => Promise<unknown>): Promise<string> {
  const { signal } = new AbortController();
  const done = run(signal);
  await sleep(2);
  const during = getEventListeners(signal, "abort").length;
  await done;
  return `${during}, ${getEventListeners(signal, "abort").length} after`;
}

export const hundred = <T>(once: (n: number) => T): T[] => Array.from(numbers(100), once);
