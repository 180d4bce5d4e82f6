import type { CallbackManager } from "@llx/callbacks";
import {
  checkBoolean,
  checkCount,
  checkFunction,
  checkManager,
  checkMilliseconds,
  checkNames,
  checkSignal,
  checkString,
  checkTimeout,
  describe,
  type NamesOf,
} from "@llx/support";
import { AdaptiveLimiter } from "../limits/adaptive-limiter.ts";
import type { Progress } from "../progress/progress.ts";
import { RateLimiter } from "../limits/rate-limiter.ts";
import { retryNames, type RetryOptions, RetryPolicy } from "../retry/retry-policy.ts";
import { Semaphore } from "../limits/semaphore.ts";

/** What `runJobs`, `mapJobs` and `streamJobs` have in common: limits, retries, time-outs, abort, progress. */
export interface JobOptions {
  /**
   * How many jobs may run at once: a number; or, shared by several calls, a {@link Semaphore}, or an
   * {@link AdaptiveLimiter} that finds the number itself. Each job takes one permit.
   *
   * @default 4
   */
  readonly workers?: number | Semaphore | AdaptiveLimiter | undefined;
  /** How many jobs may start per interval. Each attempt takes one request, and its `tokens`, from the limits. */
  readonly rate?: RateLimiter | undefined;
  /**
   * Retries failed jobs, each from its beginning. While a job waits, its slot is free for others; there are never more running and waiting
   * jobs than twice the workers. A wait that a service asks for (`error.retryAfter`) delays the whole call. While a
   * service refuses (429, or as `isRefusal` decides), one job at a time probes it; all others wait, of this call and
   * of all calls that share its `rate`, or else its `workers`. `{}` uses the defaults: 3 attempts.
   *
   * @default one attempt per job
   */
  readonly retry?: RetryOptions | undefined;
  /** Its abort stops the call: no more jobs start; running jobs are aborted and awaited. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long each attempt may take, in milliseconds; up to 250 more after the thread was blocked, so that what has arrived is read.
   * Then its signal is aborted and it fails with a `TimeoutError`; its slot stays occupied, and its next attempt waits, until it
   * has settled, or has ignored its signal for `grace`.
   *
   * @default Infinity
   */
  readonly timeout?: number | undefined;
  /**
   * After a failure, an abort or a time-out: how long to wait for jobs that ignore their signal, in milliseconds. Then
   * they are abandoned, and a warning names them. `Infinity` waits forever. Keep it below that of `asyncRun`, whose main
   * function can then still save what is left.
   *
   * @default 5_000
   */
  readonly grace?: number | undefined;
  /** `true` shows a bar on stderr; or pass your own {@link Progress}. */
  readonly showProgress?: boolean | Progress | undefined;
  /** Description next to the progress bar. */
  readonly desc?: string | undefined;
  /** The number of inputs, for the progress; one that is too low is not shown. Default: their length or size, if they have one. */
  readonly total?: number | undefined;
  /** Called after each job, failed or not, with the numbers of jobs done and failed. */
  readonly onProgress?: ((progress: JobsDone) => void) | undefined;
  /** Receives an `async_job` event for each job. Default: the manager of the current trace. */
  readonly callbackManager?: CallbackManager | undefined;
}

/** What a job takes of a `rate` that limits more than requests. */
export interface ChargeOptions<I> {
  /** Estimates how many tokens of `rate` an input takes: a whole number from 0; for any other result, the job fails. Default: none. */
  readonly tokens?: ((input: I) => number) | undefined;
  /** How many inputs of `rate` it is, where an input is a batch of texts. Default: 1. */
  readonly inputs?: ((input: I) => number) | undefined;
}

/** The progress of a call. */
export interface JobsDone {
  /** How many jobs have succeeded or finally failed. */
  readonly done: number;
  /** How many of them have failed. */
  readonly failed: number;
  /** The number of jobs, if known. */
  readonly total: number | undefined;
}

/** Asks for outcomes instead of results. */
export interface SettleOption {
  /**
   * `true`: a failed job stops nothing, and each outcome is at the index of its input; that of a failure has the input too. The
   * call still throws if it is aborted, and if the inputs themselves fail: then an `InputsError` has the outcomes so far.
   */
  readonly settle: true;
}

export const defaultWorkers = 4;

/** How many jobs may run at once now. */
export function workersOf({ workers = defaultWorkers }: JobOptions): number {
  if (typeof workers === "number") return workers;
  return workers instanceof Semaphore ? workers.permits : workers.limit;
}

/** The highest number of jobs that may run at once, as currently known. */
export function mostWorkersOf(options: JobOptions): number {
  const { workers } = options;
  return workers instanceof AdaptiveLimiter ? workers.max : workersOf(options);
}

/** The names of the options of `mapJobs` and `runJobs`. */
export const jobNames: NamesOf<JobOptions & ChargeOptions<never> & SettleOption> = {
  workers: true,
  rate: true,
  tokens: true,
  inputs: true,
  retry: true,
  signal: true,
  timeout: true,
  grace: true,
  settle: true,
  showProgress: true,
  desc: true,
  total: true,
  onProgress: true,
  callbackManager: true,
};

const rateHint = "pass rate: new RateLimiter({ requests: { limit, interval } })";

const attemptsHint = "pass retry: { attempts }, which counts the first one too, so it is one more";
const ofStream = "it is an option of streamJobs";
const isWorkers = "it is called workers";
const foreignNames: Readonly<Record<string, string>> = {
  concurrency: isWorkers,
  maxConcurrency: isWorkers,
  maxConcurrent: isWorkers,
  limit: isWorkers,
  batchSize: "workers is how many run at once; chunks() of this package makes batches of inputs",
  stopOnError: "false is settle: true",
  semaphore: "pass it as workers",
  limiter: "pass it as rate, or as workers if it limits how many run at once",
  rateLimit: "it is called rate",
  rateLimiter: "pass it as rate",
  retries: attemptsHint,
  maxRetries: attemptsHint,
  abortSignal: "it is called signal",
  ...Object.fromEntries(Object.keys(retryNames).map((name) => [name, `pass retry: { ${name} }`])),
  minTimeout: "pass retry: { delay }",
  maxTimeout: "pass retry: { maxDelay }",
  onFailedAttempt: "pass retry: { onRetry }",
  ordered: ofStream,
  buffer: ofStream,
  progress: "it is called showProgress",
  intervalCap: rateHint,
  interval: rateHint,
  minTime: rateHint,
  reservoir: rateHint,
};

/** @throws TypeError or RangeError that says what was given and what is allowed */
export function checkJobOptions(
  options: JobOptions & ChargeOptions<never> & { readonly settle?: boolean | undefined },
  names: Readonly<Record<string, true>> = jobNames,
): void {
  checkNames(options, names, foreignNames);
  const { workers, rate, retry, timeout, grace, total, desc, signal, onProgress } = options;
  if (workers !== undefined && !isLimiter(workers)) checkWorkers(workers);
  if (rate !== undefined) checkRate(rate);
  checkCharges(options, names["tokens"] === true);
  if (retry !== undefined) void new RetryPolicy(retry);
  if (timeout !== undefined) checkTimeout("timeout", timeout);
  if (grace !== undefined) checkMilliseconds("grace", grace);
  if (total !== undefined) checkCount("total", total, 0);
  checkBoolean("settle", options.settle);
  checkString("desc", desc);
  if (onProgress !== undefined) checkFunction("onProgress", onProgress);
  checkSignal(signal);
  checkManager(options.callbackManager);
}

/** @param hasTokens whether the call has the option `tokens` */
function checkCharges(options: JobOptions & ChargeOptions<never>, hasTokens: boolean): void {
  const limits = options.rate?.state;
  for (const name of ["tokens", "inputs"] as const) {
    const charge = options[name];
    if (charge === undefined) continue;
    checkFunction(name, charge);
    if (limits === undefined) {
      throw new TypeError(`${name} needs rate, which limits them; pass rate too, or omit ${name}`);
    }
    if (limits[name] === undefined) {
      const example = `${name}: { limit: 100_000, interval: 60_000 }`;
      throw new TypeError(
        `rate has no limit of ${name}, so the option ${name} would have no effect; add ${example} to rate, or omit the option`,
      );
    }
  }
  if (hasTokens && options.tokens === undefined && limits?.tokens !== undefined) {
    throw new TypeError(
      "rate limits tokens, but the option tokens is missing, so no job would take any. Pass an estimate, such as " +
        "tokens: (text) => Math.ceil(text.length / 4), or tokens: () => 0 if you know them only afterwards (context.lease.settle)",
    );
  }
}

function isLimiter(value: unknown): value is Semaphore | AdaptiveLimiter {
  return value instanceof Semaphore || value instanceof AdaptiveLimiter;
}

function checkRate(rate: unknown): void {
  if (rate instanceof RateLimiter) return;
  const example = "new RateLimiter({ requests: { limit: 10, interval: 1000 } })";
  const given = rate === RateLimiter ? "the class itself" : describe(rate);
  const hint = isLimiter(rate) ? "; pass it as workers" : "";
  throw new TypeError(`rate must be a RateLimiter, such as ${example}, not ${given}${hint}`);
}

/** Checks what is no limiter. */
function checkWorkers(workers: unknown): void {
  if (workers === Number.POSITIVE_INFINITY) {
    throw new RangeError(
      "workers must be a whole number from 1, not Infinity; runAsyncTasks runs all at once",
    );
  }
  if (typeof workers === "number") return checkCount("workers", workers);
  const example = workers === Semaphore ? "new Semaphore(4)" : "new AdaptiveLimiter()";
  const isClass = typeof workers === "function";
  const hint = isClass ? `; make one: ${example}` : workers instanceof RateLimiter ? "; pass it as rate" : "";
  throw new TypeError(
    `workers must be a number, a Semaphore or an AdaptiveLimiter, not ${describe(workers)}${hint}`,
  );
}
