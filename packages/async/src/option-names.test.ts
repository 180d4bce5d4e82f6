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

/** Options with a wrong name, which types alone refuse only in a literal. */
const wrong = (options: object): never => options as never;

const requests = { limit: 1, interval: 1000 };
const started: unknown[] = [];
const job = (): unknown => started.push("a job");

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
  [
    "ResourcePool",
    (options) => new ResourcePool<string>(options),
    { create: () => "one", max: 1, maximum: 1 },
    "maximum; there are create, max, idleTimeout, validate, destroy, label, detectDeadlocks",
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
