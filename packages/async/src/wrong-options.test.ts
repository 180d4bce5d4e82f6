import { expect, it } from "vitest";
import {
  AdaptiveLimiter,
  asyncRun,
  batchGather,
  mapJobs,
  RateLimiter,
  ResourcePool,
  retry,
  runAsyncTasks,
  runJobs,
  Semaphore,
  streamJobs,
} from "./index.ts";
import { MemoryRateStore, SharedRateLimiter } from "./shared.ts";

const started: unknown[] = [];
const job = (): unknown => started.push("a job");
const requests = { limit: 10, interval: 1000 };
const semaphore = new Semaphore(2);
const adaptive = new AdaptiveLimiter();
const rate = new RateLimiter({ requests });
const shared = new SharedRateLimiter({ requests }, new MemoryRateStore());
const pool = new ResourcePool<unknown>({
  create: () => started.push("a resource"),
  max: 1,
  destroy: () => {},
});

/** Calls that wait, with the options last. */
const waits: [string, (options: never) => unknown][] = [
  ["acquire", (options) => semaphore.acquire(options)],
  ["use", (options) => semaphore.use(job, options)],
  ["acquire of an AdaptiveLimiter", (options) => adaptive.acquire(options)],
  ["use of an AdaptiveLimiter", (options) => adaptive.use(job, options)],
  ["acquire of a RateLimiter", (options) => rate.acquire(options)],
  ["acquire of a SharedRateLimiter", (options) => shared.acquire(options)],
  ["acquire of a ResourcePool", (options) => pool.acquire(options)],
  ["use of a ResourcePool", (options) => pool.use(job, options)],
  ["mapJobs", (options) => mapJobs([1], job, options)],
  ["streamJobs", (options) => streamJobs([job], options)],
  ["runAsyncTasks", (options) => runAsyncTasks([job], options)],
  ["batchGather", (options) => batchGather([job], options)],
  ["asyncRun", (options) => asyncRun(job, options)],
];

const attempts: typeof waits = [["retry", (options) => retry(job, options)]];

const tries: typeof waits = [
  ["tryAcquire", (options) => semaphore.tryAcquire(options)],
  ["tryAcquire of a RateLimiter", (options) => rate.tryAcquire(options)],
];

const given = async (call: (options: never) => unknown, options: unknown): Promise<unknown> =>
  call(options as never);

it.each([...waits, ...attempts])("%s says how a signal is passed", async (_name, call) => {
  await expect(given(call, new AbortController().signal)).rejects.toThrow(
    new TypeError("options must be a plain object, not an AbortSignal: pass it as { signal }"),
  );
  expect(started).toEqual([]);
});

it.each(tries)("%s, which has no signal, refuses one in place of options", async (_name, call) => {
  await expect(given(call, new AbortController().signal)).rejects.toThrow(
    new TypeError("options must be a plain object, not an object (AbortSignal)"),
  );
});

it.each([...waits, ...tries])("%s refuses a number or null in place of options", async (_name, call) => {
  await expect(given(call, 5)).rejects.toThrow(new TypeError("options must be an object, not number 5"));
  await expect(given(call, null)).rejects.toThrow(new TypeError("options must be an object, not null"));
  expect(started).toEqual([]);
});

it.each(attempts)("%s says what its options are", async (_name, call) => {
  await expect(given(call, 3)).rejects.toThrow(
    new TypeError(
      "retry must be an object, such as { attempts: 3 }, or { attempts: 1 } for no retries, not number 3",
    ),
  );
});

it.each<[string, () => unknown, string]>([
  ["settle", () => mapJobs([1], job, { settle: "true" as never }), 'true or false, not the string "true"'],
  ["settle", () => streamJobs([job], { settle: 1 as never }), "true or false, not number 1"],
  ["desc", () => mapJobs([1], job, { desc: 5 as never }), "a string, not number 5"],
  ["label", () => new Semaphore(1, { label: 5 as never }), "a string, not number 5"],
  ["label", () => new AdaptiveLimiter({ label: 5 as never }), "a string, not number 5"],
  [
    "detectDeadlocks",
    () => new Semaphore(1, { detectDeadlocks: "yes" as never }),
    'true or false, not the string "yes"',
  ],
  ["learn", () => new RateLimiter({ requests }, { learn: 0 as never }), "true or false, not number 0"],
])("%s of another kind is refused", async (name, call, kinds) => {
  await expect((async () => call())()).rejects.toThrow(new TypeError(`${name} must be ${kinds}`));
  expect(started).toEqual([]);
});

it.each(["tokens", "inputs"] as const)("%s that the rate does not limit are refused", async (name) => {
  await expect(mapJobs([1], job, { rate, [name]: () => 5 })).rejects.toThrow(
    new TypeError(
      `rate has no limit of ${name}, so the option ${name} would have no effect; ` +
        `add ${name}: { limit: 100_000, interval: 60_000 } to rate, or omit the option`,
    ),
  );
  expect(started).toEqual([]);
});

it.each<[string, (mapper: never) => unknown]>([
  ["runJobs", (mapper) => runJobs([1, 2] as never, mapper)],
  ["streamJobs", (mapper) => streamJobs([1, 2] as never, mapper)],
])("%s says which function takes a mapper", async (_name, call) => {
  await expect(given(call, job)).rejects.toThrow(
    new TypeError(
      "jobs are functions, and take no mapper; for inputs and a mapper, use mapJobs(inputs, mapper)",
    ),
  );
});

it.each([
  ["the mapper", (work: never) => mapJobs([1], work)],
  ["the argument of retry", (work: never) => retry(work)],
  ["body", (work: never) => semaphore.use(work)],
  ["body", (work: never) => adaptive.use(work)],
  ["body", (work: never) => pool.use(work)],
])("%s is no generator function, whose body nobody would run", async (name, call) => {
  for (const work of [function* () {}, async function* () {}]) {
    // oxlint-disable-next-line no-await-in-loop -- one after another
    await expect(given(call, work)).rejects.toThrow(
      new TypeError(
        `${name} must be a function that returns its result, not a generator function: nothing would run it`,
      ),
    );
  }
});

it("an infinite number of workers is another function", async () => {
  await expect(mapJobs([1], job, { workers: Infinity })).rejects.toThrow(
    new RangeError("workers must be a whole number from 1, not Infinity; runAsyncTasks runs all at once"),
  );
});
