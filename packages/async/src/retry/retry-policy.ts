import {
  brand,
  checkBoolean,
  checkCount,
  checkFunction,
  checkMilliseconds,
  checkNames,
  checkTimeout,
  describe,
  describeThrown,
  errorProperty,
  isAbortError,
  isThenable,
  type NamesOf,
  whenRejected,
} from "@llx/support";
import { isRefusal as looksRefused, limitIntervalOf } from "../refusals/is-refusal.ts";
import type { Refusal } from "../refusals/refusal-gate.ts";
import { retryAfterOf } from "../refusals/retry-after-of.ts";

/** How often, after which waits, and after which errors work is retried. */
export interface RetryOptions {
  /**
   * The most attempts, the first one included: a whole number from 1. An attempt that an overloaded service refuses does not
   * count.
   *
   * @default 3
   */
  readonly attempts?: number | undefined;
  /**
   * The upper bound of the random wait after the first failure, in milliseconds; it doubles with each failure.
   *
   * @default 500
   */
  readonly delay?: number | undefined;
  /**
   * The upper bound of every random wait, in milliseconds.
   *
   * @default 8_000
   */
  readonly maxDelay?: number | undefined;
  /**
   * The longest wait that a service may ask for, in milliseconds; if it asks for more, there is no further attempt.
   *
   * @default 60_000
   */
  readonly maxRetryAfter?: number | undefined;
  /**
   * How long all attempts and waits may take together, in milliseconds. An attempt that still runs then is aborted, and fails with a
   * `TimeoutError` whose `cause` is the failure before it. No wait starts that would end later.
   *
   * @default Infinity
   */
  readonly totalTimeout?: number | undefined;
  /**
   * How long a service may refuse everything, or the same request repeatedly, before a refusal counts as a failure, in
   * milliseconds. Meanwhile one request at a time is sent to it, as a probe. After that time, what waits fails when a probe is
   * refused, and what comes fails at once unless a probe may be sent. Default: 600,000 (ten minutes); 0 if `attempts` is 1.
   */
  readonly maxRefusedTime?: number | undefined;
  /**
   * Whether an error is a refusal: the service is overloaded and has done no work. Not async, like the two below: a promise is an
   * error. Default: {@link isRefusal}.
   */
  readonly isRefusal?: ((error: unknown) => boolean) | undefined;
  /** Whether another attempt may help. Default: `error.retryable` if that is a boolean, otherwise `true`. */
  readonly shouldRetry?: ((error: unknown) => boolean) | undefined;
  /**
   * How long a service asks callers to wait, in milliseconds. Default: `error.retryAfter` if that is a number, otherwise what the
   * `retry-after` or `retry-after-ms` in `error.headers` or `error.response.headers` says.
   */
  readonly retryAfter?: ((error: unknown) => number | undefined) | undefined;
  /**
   * Called before each wait for another attempt, for example to log it. An error that it throws at once ends the attempts, and
   * replaces theirs. A promise is not awaited; if it rejects, that is a process warning.
   */
  readonly onRetry?: ((error: unknown, retry: RetryInfo) => void) | undefined;
}

/** The names of all options of retries. */
export const retryNames: NamesOf<RetryOptions> = {
  attempts: true,
  delay: true,
  maxDelay: true,
  maxRetryAfter: true,
  totalTimeout: true,
  maxRefusedTime: true,
  isRefusal: true,
  shouldRetry: true,
  retryAfter: true,
  onRetry: true,
};

const countsFirst = "attempts counts the first one too, so it is one more";
const isTotalTimeout = "it is called totalTimeout";
const foreignNames: Readonly<Record<string, string>> = {
  retries: countsFirst,
  maxRetries: countsFirst,
  budget: isTotalTimeout,
  maxRetryTime: isTotalTimeout,
  timeout: "for one attempt, pass it beside retry; totalTimeout limits all together",
  minTimeout: "it is called delay",
  maxTimeout: "it is called maxDelay",
  onFailedAttempt: "it is called onRetry",
  rate: "acquire a lease of it in the function, or use mapJobs, which takes rate and retry",
};

/** A failure after which there is another attempt. */
export interface RetryInfo {
  /** The number of the failed attempt, from 1. */
  readonly attempt: number;
  /** The length of the wait, in milliseconds; after a refusal, the minimum wait until the next probe. */
  readonly wait: number;
  /** Whether the service refused, which does not count as an attempt. */
  readonly refused: boolean;
  /** The index of the job among its inputs, from 0; `undefined` for `retry()`. */
  readonly index: number | undefined;
}

/** A service asks for a longer wait than `maxRetryAfter` allows. Its `cause` is the error that states the wait. */
export class RetryAfterError extends Error {
  private static readonly branded: void = /* @__PURE__ */ brand(this, "@llx/async/RetryAfterError");

  override readonly name = "RetryAfterError";
  /** How long a wait the service asks for, in milliseconds. */
  readonly retryAfter: number;

  constructor(retryAfter: number, allowed: number, cause: unknown) {
    super(
      `the service asks to wait ${seconds(retryAfter)} before another attempt, more than maxRetryAfter allows ` +
        `(${seconds(allowed)}); try again later, or raise maxRetryAfter`,
      { cause },
    );
    this.retryAfter = retryAfter;
  }
}

/** A service has refused for longer than `maxRefusedTime` allows. Its `cause` is the last refusal. */
export class RefusedError extends Error {
  private static readonly branded: void = /* @__PURE__ */ brand(this, "@llx/async/RefusedError");

  override readonly name = "RefusedError";
  /** How long the service has refused, in milliseconds. */
  readonly refusedFor: number;
  /** All allowed retries have been made. */
  readonly retryable = false;

  constructor(refusedFor: number, allowed: number, cause: unknown) {
    super(
      `the service has refused for ${seconds(refusedFor)}, longer than maxRefusedTime allows (${seconds(allowed)}): ` +
        `${describeThrown(cause)}; try again later, or raise maxRefusedTime`,
      { cause },
    );
    this.refusedFor = refusedFor;
  }
}

/** A failed attempt and its history. Times are in milliseconds. */
export interface FailedAttempt {
  /** Its number, from 1; refused attempts count too. */
  readonly attempt: number;
  /** How many attempts were refused before this one. */
  readonly refusals: number;
  /** The time since the first attempt began. */
  readonly elapsed: number;
  /** How long the service has refused this request, or every request. */
  readonly refusedFor: number;
  /** The time until the next probe of the service. */
  readonly pausedFor: number;
  /** The index of the job. */
  readonly index: number | undefined;
}

/** What to do after a failure: wait for that many milliseconds, or give up with this error. */
export type RetryDecision =
  | { readonly wait: number; readonly asked: boolean; readonly refused: boolean }
  | { readonly error: unknown };

/**
 * Whether to retry, and after how long: exponential backoff with full jitter, which spreads the attempts of many callers best.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export class RetryPolicy {
  readonly #attempts: number;
  readonly #delay: number;
  readonly #maxDelay: number;
  readonly #maxRetryAfter: number;
  readonly #shouldRetry: (error: unknown) => boolean;
  readonly #retryAfter: (error: unknown) => number | undefined;
  readonly #isRefusal: (error: unknown) => boolean;
  readonly #onRetry: RetryOptions["onRetry"];
  readonly totalTimeout: number;
  readonly maxRefusedTime: number;

  /** @throws TypeError or RangeError with the value given and the values allowed */
  constructor(options: RetryOptions, known: Readonly<Record<string, true>> = retryNames) {
    if (typeof options !== "object" || options === null) {
      throw new TypeError(
        `retry must be an object, such as { attempts: 3 }, or { attempts: 1 } for no retries, not ${describe(options)}`,
      );
    }
    checkNames(options, known, foreignNames);
    const { attempts = 3, delay = 500, maxDelay = 8_000, maxRetryAfter = 60_000 } = options;
    const { totalTimeout = Number.POSITIVE_INFINITY } = options;
    const { maxRefusedTime = attempts === 1 ? 0 : defaultMaxRefusedTime, isRefusal = looksRefused } = options;
    const { shouldRetry = isRetryable, retryAfter = retryAfterOf, onRetry } = options;
    checkCount("attempts", attempts);
    checkMilliseconds("delay", delay);
    checkMilliseconds("maxDelay", maxDelay);
    checkMilliseconds("maxRetryAfter", maxRetryAfter);
    checkTimeout("totalTimeout", totalTimeout);
    checkMilliseconds("maxRefusedTime", maxRefusedTime);
    checkFunction("isRefusal", isRefusal);
    checkFunction("shouldRetry", shouldRetry);
    checkFunction("retryAfter", retryAfter);
    if (onRetry !== undefined) checkFunction("onRetry", onRetry);
    this.#attempts = attempts;
    this.#delay = delay;
    this.#maxDelay = maxDelay;
    this.#maxRetryAfter = maxRetryAfter;
    this.maxRefusedTime = maxRefusedTime;
    this.#isRefusal = checked("isRefusal", isRefusal, checkBoolean);
    this.#shouldRetry = checked("shouldRetry", shouldRetry, checkBoolean);
    this.#retryAfter = checked("retryAfter", retryAfter, checkMilliseconds);
    this.#onRetry = onRetry;
    this.totalTimeout = totalTimeout;
  }

  /** What a service says when it refuses; `undefined` for any other failure, and if refusals are not waited out. */
  refusal(error: unknown): Refusal | undefined {
    const [isRefusal, retryAfter] = [this.#isRefusal, this.#retryAfter];
    if (this.maxRefusedTime === 0 || isAbort(error) || !isRefusal(error)) return undefined;
    const asked = retryAfter(error);
    // A caller that is asked to wait longer than that gives up, and keeps no others waiting.
    const heeded = asked !== undefined && asked > 0 && asked <= this.#maxRetryAfter;
    return { retryAfter: heeded ? asked : undefined, interval: limitIntervalOf(error) };
  }

  decide(
    error: unknown,
    { attempt, refusals, elapsed, refusedFor, pausedFor, index }: FailedAttempt,
  ): RetryDecision {
    // Not called as methods: the policy is not the `this` of the user's functions.
    const [shouldRetry, retryAfter, isRefusal] = [this.#shouldRetry, this.#retryAfter, this.#isRefusal];
    const onRetry = this.#onRetry;
    if (isAbort(error)) return { error };
    const refused = isRefusal(error);
    if ((!refused && attempt - refusals >= this.#attempts) || !shouldRetry(error)) return { error };
    if (refused && this.maxRefusedTime === 0) return { error };
    const asked = retryAfter(error) ?? 0;
    if (asked > this.#maxRetryAfter) return { error: new RetryAfterError(asked, this.#maxRetryAfter, error) };
    if (refused && refusedFor >= this.maxRefusedTime) {
      return { error: new RefusedError(refusedFor, this.maxRefusedTime, error) };
    }
    const failures = attempt - refusals;
    const backoff = Math.random() * Math.min(this.#maxDelay, this.#delay * 2 ** Math.min(failures - 1, 50));
    // Callers that were asked for the same wait must not all return at the same moment.
    const wait = refused ? pausedFor : asked > 0 ? asked + Math.min(backoff, asked / 10) : backoff;
    if (elapsed + wait >= this.totalTimeout) return { error };
    warnIfRejected(onRetry?.(error, { attempt, wait, refused, index }));
    return { wait, asked: asked > 0, refused };
  }
}

/**
 * The same function, except that it throws for a promise, which would count as `true`, and for what is no time, such as `"2"` or a
 * date. The `cause` of that error is the one that was asked about.
 */
function checked<R>(
  name: string,
  ask: (error: unknown) => R,
  check: (name: string, value: unknown) => void,
): (error: unknown) => R {
  return (error) => {
    const answer = ask(error);
    const isMeant = !isThenable(answer) && typeof answer !== "string" && !Number.isNaN(answer);
    if (isMeant && !(answer instanceof Date)) return answer;
    try {
      check(`the result of ${name}`, answer);
    } catch (failure) {
      throw Object.assign(failure as Error, { cause: error });
    }
    return answer;
  };
}

/** @param told what `onRetry` has returned; if that is a promise, the attempts go on meanwhile */
function warnIfRejected(told: unknown): void {
  whenRejected(told, (error) => {
    const advice = "To end the attempts, throw at once, or use shouldRetry.";
    process.emitWarning(`onRetry has rejected: ${describeThrown(error)}. ${advice}`, {
      type: "OnRetryFailed",
      code: "LLX_ON_RETRY_FAILED",
    });
  });
}

/** Whether the caller wants no more attempts. Node.js also throws an `AbortError` if it was a time-out that aborted an attempt. */
function isAbort(error: unknown): boolean {
  return isAbortError(error) && errorProperty(errorProperty(error, "cause"), "name") !== "TimeoutError";
}

const defaultMaxRefusedTime = 600_000;

function isRetryable(error: unknown): boolean {
  const retryable = errorProperty(error, "retryable");
  return typeof retryable === "boolean" ? retryable : true;
}

const year = 366 * 86_400_000;

function seconds(milliseconds: number): string {
  if (milliseconds > year) return "more than a year";
  if (milliseconds < 1000) return `${Math.ceil(milliseconds)} ms`;
  return `${Math.ceil(milliseconds / 1000).toLocaleString("en")} s`;
}
