import type { CallbackManager } from "@llx/callbacks";
import {
  checkCount,
  checkForeignNames,
  checkFunction,
  checkMilliseconds,
  checkSignal,
  checkTimeout,
  describe,
} from "@llx/support";
import { AdaptiveLimiter } from "../limits/adaptive-limiter.ts";
import type { Progress } from "../progress/progress.ts";
import { RateLimiter } from "../limits/rate-limiter.ts";
import { type RetryOptions, RetryPolicy } from "../retry/retry-policy.ts";
import { Semaphore } from "../limits/semaphore.ts";

/** What `runJobs`, `mapJobs` and `streamJobs` have in common: limits, retries, time-outs, abort, progress. */
export interface JobOptions {
  /**
   * How many jobs run at once: a number, by default 4; or what several calls share, of which each job takes one
   * permit: a {@link Semaphore}, or an {@link AdaptiveLimiter} that finds the number by itself.
   */
  readonly workers?: number | Semaphore | AdaptiveLimiter | undefined;
  /** How many jobs start in a time. Each attempt takes one request of its budget, and its `tokens`. */
  readonly rate?: RateLimiter | undefined;
  /**
   * Tries failed jobs again. While a job waits, others have its slot; running and waiting ones together are never
   * more than twice the workers. A wait that a service asks for (`error.retryAfter`) holds up the whole call. While a
   * service refuses (429, or as `isRefusal` tells), one job at a time tries; the others wait: those of the call, and of
   * all calls that share its `rate`, or else its `workers`. `{}` takes the defaults: 3 attempts. Default: each job is
   * tried once.
   */
  readonly retry?: RetryOptions | undefined;
  /** Its abort stops the call: nothing more is started, what runs is aborted and awaited. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long an attempt at a job may take, in milliseconds. Then its signal is aborted, and it counts as failed with a
   * `TimeoutError`; its slot stays taken until it has settled, or has ignored its signal for `grace`.
   */
  readonly timeout?: number | undefined;
  /**
   * After a failure, an abort or a time-out: how long to wait for jobs that ignore their signal, in
   * milliseconds. Then they are left behind, and a warning names them. Default 10,000; `Infinity` waits for ever.
   */
  readonly grace?: number | undefined;
  /** `true` shows a bar on stderr; or give a {@link Progress} of your own. */
  readonly showProgress?: boolean | Progress | undefined;
  /** Words beside the progress bar. */
  readonly desc?: string | undefined;
  /** How many inputs there are, where they cannot tell themselves. */
  readonly total?: number | undefined;
  /** Is told after each job, failed or not, how many are done. */
  readonly onProgress?: ((progress: JobsDone) => void) | undefined;
  /** Is told of an `async_job` event for each job. Default: the manager of the current trace. */
  readonly callbackManager?: CallbackManager | undefined;
}

/** For a `rate` with a budget of tokens. */
export interface TokensOption<I> {
  /** How many tokens of the budget of `rate` an input will take, as far as one knows. Default: none. */
  readonly tokens?: ((input: I) => number) | undefined;
}

/** How far a call has come. */
export interface JobsDone {
  readonly done: number;
  /** `undefined` where nobody knows. */
  readonly total: number | undefined;
}

/** Asks for outcomes instead of results. */
export interface SettleOption {
  /** `true`: a failure stops nothing, and each outcome stands at its input's place. */
  readonly settle: true;
}

export const defaultWorkers = 4;
export const defaultGrace = 10_000;

/** How many jobs may run at once now. */
export function workersOf({ workers = defaultWorkers }: JobOptions): number {
  if (typeof workers === "number") return workers;
  return workers instanceof Semaphore ? workers.permits : workers.limit;
}

/** How many jobs may ever run at once, as far as that is known. */
export function mostWorkersOf(options: JobOptions): number {
  const { workers } = options;
  return workers instanceof AdaptiveLimiter ? workers.max : workersOf(options);
}

/** @throws TypeError or RangeError that says what was given and what is allowed */
export function checkJobOptions(options: JobOptions & TokensOption<never>): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`options must be an object, not ${describe(options)}`);
  }
  checkForeignNames(options, { concurrency: "it is called workers" });
  const { workers, rate, tokens, retry, timeout, grace, total, signal, onProgress, callbackManager } =
    options;
  if (typeof workers === "object" && !(workers instanceof Semaphore || workers instanceof AdaptiveLimiter)) {
    throw new TypeError(
      `workers must be a number, a Semaphore or an AdaptiveLimiter, not ${describe(workers)}`,
    );
  }
  if (workers !== undefined && typeof workers !== "object") checkCount("workers", workers);
  if (rate !== undefined && !(rate instanceof RateLimiter)) {
    throw new TypeError(`rate must be a RateLimiter, not ${describe(rate)}`);
  }
  if (tokens !== undefined) checkFunction("tokens", tokens);
  if (tokens !== undefined && rate === undefined) {
    throw new TypeError("tokens are of the budget of a rate: give rate too, or leave tokens out");
  }
  if (retry !== undefined) void new RetryPolicy(retry);
  if (timeout !== undefined) checkTimeout("timeout", timeout);
  if (grace !== undefined) checkMilliseconds("grace", grace);
  if (total !== undefined) checkCount("total", total, 0);
  if (onProgress !== undefined) checkFunction("onProgress", onProgress);
  checkSignal(signal);
  checkManager(callbackManager);
}

/** By its shape: it may come from another copy of `@llx/callbacks`. */
function checkManager(manager: CallbackManager | undefined): void {
  if (manager === undefined || typeof manager?.event === "function") return;
  throw new TypeError(
    `callbackManager must be a CallbackManager, not ${describe(manager)}; a handler goes into one: ` +
      "new CallbackManager({ handlers: [handler] })",
  );
}
