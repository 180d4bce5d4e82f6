import { expect, it } from "vitest";
import { runBlocking } from "./blocking.ts";
import { watchStalls } from "./debug.ts";
import {
  AdaptiveLimiter,
  asyncRun,
  batchGather,
  chunks,
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

/** Options with a wrong name, which types alone refuse only in a literal. */
const wrong = (options: object): never => options as never;

const requests = { limit: 1, interval: 1000 };
const started: unknown[] = [];
const job = (): unknown => started.push("a job");
const pool = () =>
  new ResourcePool<unknown>({ create: () => started.push("a resource"), max: 1, destroy: () => {} });

it.each<[string, (options: never) => unknown, object, string]>([
  ["mapJobs", (options) => mapJobs([1], job, options), { worker: 3 }, "worker; did you mean workers?"],
  [
    "mapJobs",
    (options) => mapJobs([1], job, options),
    { concurrency: 3 },
    "concurrency; it is called workers",
  ],
  [
    "mapJobs",
    (options) => mapJobs([1], job, options),
    { queue: 1 },
    "queue; there are workers, rate, tokens, inputs, retry, signal, timeout, grace, settle, showProgress, desc, total, " +
      "onProgress, callbackManager",
  ],
  [
    "mapJobs",
    (options) => mapJobs([1], job, options),
    { progress: true },
    "progress; it is called showProgress",
  ],
  ...[
    ["maxConcurrency", "it is called workers"],
    ["limit", "it is called workers"],
    ["batchSize", "workers is how many run at once; chunks() of this package makes batches of inputs"],
    ["maxConcurrent", "it is called workers"],
    ["stopOnError", "false is settle: true"],
    ["abortSignal", "it is called signal"],
    ["ordered", "it is an option of streamJobs"],
    ["maxRetries", "pass retry: { attempts }, which counts the first one too, so it is one more"],
    ["totalTimeout", "pass retry: { totalTimeout }"],
    ["onRetry", "pass retry: { onRetry }"],
    ["shouldRetry", "pass retry: { shouldRetry }"],
    ["minTimeout", "pass retry: { delay }"],
    ["onFailedAttempt", "pass retry: { onRetry }"],
  ].map(([name, hint]): [string, (options: never) => unknown, object, string] => [
    "mapJobs",
    (options) => mapJobs([1], job, options),
    { [name!]: 2 },
    `${name}; ${hint}`,
  ]),
  ...[
    ["minTimeout", "it is called delay"],
    ["maxTimeout", "it is called maxDelay"],
    ["maxRetryTime", "it is called totalTimeout"],
    ["onFailedAttempt", "it is called onRetry"],
    ["rate", "acquire a lease of it in the function, or use mapJobs, which takes rate and retry"],
  ].map(([name, hint]): [string, (options: never) => unknown, object, string] => [
    "retry",
    (options) => retry(job, options),
    { [name!]: 2 },
    `${name}; ${hint}`,
  ]),
  [
    "the option retry",
    (options) => mapJobs([1], job, { retry: options }),
    { timeout: 2 },
    "timeout; for one attempt, pass it beside retry; totalTimeout limits all together",
  ],
  ...[
    ["size", "it is called max"],
    ["factory", "it is called create"],
    ["idleTimeoutMillis", "it is called idleTimeout"],
  ].map(([name, hint]): [string, (options: never) => unknown, object, string] => [
    "ResourcePool",
    (options) => new ResourcePool<string>(options),
    { create: () => "one", [name!]: 2 },
    `${name}; ${hint}`,
  ]),
  ...[{ intervalCap: 10, interval: 1000 }, { minTime: 100 }, { reservoir: 10 }].map(
    (options): [string, (options: never) => unknown, object, string] => [
      "mapJobs",
      (given) => mapJobs([1], job, given),
      options,
      `${Object.keys(options)[0]}; pass rate: new RateLimiter({ requests: { limit, interval } })`,
    ],
  ),
  ["runJobs", (options) => runJobs([job], options), { timeOut: 3 }, "timeOut; did you mean timeout?"],
  ["streamJobs", (options) => streamJobs([job], options), { orderd: false }, "orderd; did you mean ordered?"],
  [
    "runAsyncTasks",
    (options) => runAsyncTasks([job], options),
    { sginal: 1 },
    "sginal; did you mean signal?",
  ],
  [
    "batchGather",
    (options) => batchGather([job], options),
    { batchsize: 1 },
    "batchsize; did you mean batchSize?",
  ],
  ["retry", (options) => retry(job, options), { attempt: 1 }, "attempt; did you mean attempts?"],
  [
    "the option retry",
    (options) => mapJobs([1], job, { retry: options }),
    { delays: 1 },
    "delays; did you mean delay?",
  ],
  ["asyncRun", (options) => asyncRun(job, options), { graces: 1 }, "graces; did you mean grace?"],
  ["chunks", (options) => [...chunks([1], options)], { maxItem: 1 }, "maxItem; did you mean maxItems?"],
  ...["size", "batchSize", "maxBatchSize", "chunkSize"].map(
    (name): [string, (options: never) => unknown, object, string] => [
      "chunks",
      (options) => [...chunks([1], options)],
      { [name]: 2 },
      `${name}; it is called maxItems`,
    ],
  ),
  [
    "batchGather",
    (options) => batchGather([job], options),
    { chunkSize: 2 },
    "chunkSize; it is called batchSize",
  ],
  ...["concurrency", "workers"].map((name): [string, (options: never) => unknown, object, string] => [
    "batchGather",
    (options) => batchGather([job], options),
    { [name]: 2 },
    `${name}; it is called batchSize`,
  ]),
  [
    "batchGather",
    (options) => batchGather([job], options),
    { progress: true },
    "progress; it is called showProgress",
  ],
  ["padding", (options) => [...chunks([1], 2, options)], { padding: 0 }, "padding; there are pad"],
  [
    "Semaphore",
    (options) => new Semaphore(1, options),
    { name: "x" },
    "name; there are label, detectDeadlocks",
  ],
  [
    "AdaptiveLimiter",
    (options) => new AdaptiveLimiter(options),
    { inital: 1 },
    "inital; did you mean initial?",
  ],
  [
    "RateLimiter",
    (options) => new RateLimiter({ requests }, options),
    { learns: true },
    "learns; did you mean learn?",
  ],
  [
    "the limits of a RateLimiter",
    (options) => new RateLimiter(options),
    { request: requests },
    "limits.request; did you mean limits.requests?",
  ],
  [
    "a limit",
    (options) => new RateLimiter({ requests: options }),
    { ...requests, intervall: 1 },
    "requests.intervall; did you mean requests.interval?",
  ],
  ...[
    ["texts", "it is called inputs"],
    ["requestsPerMinute", "pass requests: { limit, interval: 60_000 }"],
    ["rpm", "pass requests: { limit, interval: 60_000 }"],
    ["tokensPerMinute", "pass tokens: { limit, interval: 60_000 }"],
    ["tpm", "pass tokens: { limit, interval: 60_000 }"],
    ["limit", "pass { requests: { limit, interval } }"],
    ["interval", "pass { requests: { limit, interval } }"],
    ["intervalCap", "pass { requests: { limit, interval } }"],
    ["minTime", "pass { requests: { limit, interval } }"],
    ["reservoir", "pass { requests: { limit, interval } }"],
    ["maxConcurrent", "it is workers, or a Semaphore"],
  ].map(([name, hint]): [string, (options: never) => unknown, object, string] => [
    "the limits of a RateLimiter",
    (options) => new RateLimiter(options),
    { [name!]: 500 },
    `limits.${name}; ${hint}`,
  ]),
  ...[
    ["window", "interval"],
    ["per", "interval"],
    ["ms", "interval"],
    ["duration", "interval"],
    ["max", "limit"],
  ].map(([name, meant]): [string, (options: never) => unknown, object, string] => [
    "a limit",
    (options) => new RateLimiter({ requests: options }),
    { [name!]: 500 },
    `requests.${name}; it is called ${meant}`,
  ]),
  [
    "ResourcePool",
    (options) => new ResourcePool<string>(options),
    { create: () => "one", max: 1, maximum: 1 },
    "maximum; there are create, max, idleTimeout, validate, destroy, label, detectDeadlocks",
  ],
  ["acquire", (options) => new Semaphore(2).acquire(options), { wieght: 2 }, "wieght; did you mean weight?"],
  ["use", (options) => new Semaphore(2).use(job, options), { timeOut: 2 }, "timeOut; did you mean timeout?"],
  [
    "tryAcquire",
    (options) => new Semaphore(2).tryAcquire(options),
    { weigth: 2 },
    "weigth; did you mean weight?",
  ],
  [
    "tryAcquire",
    (options) => new Semaphore(2).tryAcquire(options),
    { timeout: 5 },
    "timeout; there are weight",
  ],
  [
    "acquire of an AdaptiveLimiter",
    (options) => new AdaptiveLimiter().acquire(options),
    { weight: 2 },
    "weight; there are signal, timeout",
  ],
  [
    "use of an AdaptiveLimiter",
    (options) => new AdaptiveLimiter().use(job, options),
    { sginal: 1 },
    "sginal; did you mean signal?",
  ],
  [
    "acquire of a RateLimiter",
    (options) => new RateLimiter({ requests }).acquire(options),
    { token: 90 },
    "token; did you mean tokens?",
  ],
  [
    "tryAcquire of a RateLimiter",
    (options) => new RateLimiter({ requests }).tryAcquire(options),
    { input: 2 },
    "input; did you mean inputs?",
  ],
  [
    "acquire of a SharedRateLimiter",
    (options) => new SharedRateLimiter({ requests }, new MemoryRateStore()).acquire(options),
    { token: 90 },
    "token; did you mean tokens?",
  ],
  [
    "acquire of a ResourcePool",
    (options) => pool().acquire(options),
    { timeot: 5 },
    "timeot; did you mean timeout?",
  ],
  [
    "use of a ResourcePool",
    (options) => pool().use(job, options),
    { weight: 2 },
    "weight; there are signal, timeout",
  ],
  [
    "the option retry, whose signal is that of the call",
    (options) => mapJobs([1], job, { retry: options }),
    { signal: new AbortController().signal },
    "signal; there are attempts, delay, maxDelay, maxRetryAfter, totalTimeout, maxRefusedTime, isRefusal, shouldRetry, " +
      "retryAfter, onRetry",
  ],
  ["watchStalls", (options) => watchStalls(options), { afer: 1 }, "afer; did you mean after?"],
  [
    "runBlocking",
    (options) => runBlocking("node:path", "join", [], options),
    { timeoutMs: 1 },
    "timeoutMs; did you mean timeout?",
  ],
])("%s refuses a wrong name before anything starts", async (_name, call, options, message) => {
  await expect((async () => call(wrong(options)))()).rejects.toThrow(
    new TypeError(`there is no option ${message}`),
  );
  expect(started).toEqual([]);
});
