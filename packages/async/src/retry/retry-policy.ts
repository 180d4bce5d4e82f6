import {
  brand,
  checkCount,
  checkForeignNames,
  checkFunction,
  checkMilliseconds,
  describe,
  describeThrown,
  errorProperty,
  isAbortError,
} from "@llx/support";
import { isRefusal as looksRefused, limitIntervalOf } from "../refusals/is-refusal.ts";
import type { Refusal } from "../refusals/refusal-gate.ts";

/** How often, after which waits, and after which errors something is tried again. */
export interface RetryOptions {
  /**
   * How many attempts there are at the most, the first one included. One that the service refuses, as it has too much to
   * do, is none. Default 3.
   */
  readonly attempts?: number | undefined;
  /** The wait after the first failure is random up to this many milliseconds; it doubles with each. Default 500. */
  readonly delay?: number | undefined;
  /** The longest wait of our own, in milliseconds. Default 8,000. */
  readonly maxDelay?: number | undefined;
  /** The longest wait that a service may ask for, in milliseconds; above it, no more is tried. Default 60,000. */
  readonly maxRetryAfter?: number | undefined;
  /**
   * How long all attempts and waits may take together, in milliseconds: no wait starts that would end later. It stops no
   * attempt that runs.
   *
   * @default Infinity
   */
  readonly totalTimeout?: number | undefined;
  /**
   * How long a service may refuse, in milliseconds, before its refusal counts as a failure: all it is asked, or the same
   * thing again and again. Meanwhile nothing else is sent to it, but one request at a time to try. Default 600,000 (ten
   * minutes); 0 where `attempts` is 1.
   */
  readonly maxRefusedTime?: number | undefined;
  /**
   * Whether an error is a refusal: the service has done no work, as it has too much to do. Default:
   * {@link isRefusal}.
   */
  readonly isRefusal?: ((error: unknown) => boolean) | undefined;
  /** Whether another attempt may help. Default: `error.retryable` where that is a boolean, else `true`. */
  readonly shouldRetry?: ((error: unknown) => boolean) | undefined;
  /** How long a service asks to wait, in milliseconds. Default: `error.retryAfter` where that is a number. */
  readonly retryAfter?: ((error: unknown) => number | undefined) | undefined;
  /** Told before each wait for another attempt: to log it, say. What it throws ends the attempts. */
  readonly onRetry?: ((error: unknown, retry: RetryInfo) => void) | undefined;
}

/** A failure after which something is tried again. */
export interface RetryInfo {
  /** Which attempt has failed, from 1. */
  readonly attempt: number;
  /** How long the wait is, in milliseconds; after a refusal, until the next try at the soonest. */
  readonly wait: number;
  /** Whether the service has refused, which is no attempt. */
  readonly refused: boolean;
  /** Of the job among its inputs, from 0; `undefined` where a single thing is retried. */
  readonly index: number | undefined;
}

/** A service asks to wait longer than `maxRetryAfter` allows. Its `cause` is the error that said so. */
export class RetryAfterError extends Error {
  private static readonly branded: void = /* @__PURE__ */ brand(this, "@llx/async/RetryAfterError");

  override readonly name = "RetryAfterError";
  /** How long the service asks to wait, in milliseconds. */
  readonly retryAfter: number;

  constructor(retryAfter: number, allowed: number, cause: unknown) {
    super(
      `the service asks to wait ${seconds(retryAfter)} before another attempt, more than maxRetryAfter allows ` +
        `(${seconds(allowed)}); try again later, or raise it`,
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
  /** It was tried for as long as it may be. */
  readonly retryable = false;

  constructor(refusedFor: number, allowed: number, cause: unknown) {
    super(
      `the service has refused for ${seconds(refusedFor)}, longer than maxRefusedTime allows (${seconds(allowed)}): ` +
        `${describeThrown(cause)}; try again later, or raise it`,
      { cause },
    );
    this.refusedFor = refusedFor;
  }
}

/** What has been tried so far. Times are in milliseconds. */
export interface Tried {
  /** Which attempt has failed, from 1, refused ones counted. */
  readonly attempt: number;
  /** How many of them were refused, before this one. */
  readonly refusals: number;
  /** Since the first one began. */
  readonly elapsed: number;
  /** For how long the service has refused this, or all. */
  readonly refusedFor: number;
  /** Until the service may be tried again. */
  readonly pausedFor: number;
  /** Of the job. */
  readonly index: number | undefined;
}

/** What to do after a failure: wait for so many milliseconds, or give up with this error. */
export type Verdict =
  | { readonly wait: number; readonly asked: boolean; readonly refused: boolean }
  | { readonly error: unknown };

/**
 * When to try again, and after how long: exponential waits with full jitter, as they spread the attempts of many
 * callers best.
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

  /** @throws TypeError or RangeError that says what was given and what is allowed */
  constructor(options: RetryOptions) {
    if (typeof options !== "object" || options === null) {
      throw new TypeError(`retry must be an object with options, not ${describe(options)}`);
    }
    checkForeignNames(options, {
      retries: "attempts counts the first one too, so it is one more",
      budget: "it is called totalTimeout",
    });
    const { attempts = 3, delay = 500, maxDelay = 8_000, maxRetryAfter = 60_000 } = options;
    const { totalTimeout = Number.POSITIVE_INFINITY } = options;
    const { maxRefusedTime = attempts === 1 ? 0 : defaultMaxRefusedTime, isRefusal = looksRefused } = options;
    const { shouldRetry = saysRetryable, retryAfter = saysRetryAfter, onRetry } = options;
    checkCount("attempts", attempts);
    checkMilliseconds("delay", delay);
    checkMilliseconds("maxDelay", maxDelay);
    checkMilliseconds("maxRetryAfter", maxRetryAfter);
    checkMilliseconds("totalTimeout", totalTimeout);
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
    this.#isRefusal = isRefusal;
    this.#shouldRetry = shouldRetry;
    this.#retryAfter = retryAfter;
    this.#onRetry = onRetry;
    this.totalTimeout = totalTimeout;
  }

  /** What a service says when it refuses; `undefined` for any other failure, and where refusals are not waited out. */
  refusal(error: unknown): Refusal | undefined {
    const [isRefusal, retryAfter] = [this.#isRefusal, this.#retryAfter];
    if (this.maxRefusedTime === 0 || isAbortError(error) || !isRefusal(error)) return undefined;
    const asked = retryAfter(error);
    // Who is told to wait for longer than that gives up, and keeps nobody else waiting.
    const heeded = asked !== undefined && asked > 0 && asked <= this.#maxRetryAfter;
    return { retryAfter: heeded ? asked : undefined, interval: limitIntervalOf(error) };
  }

  decide(error: unknown, { attempt, refusals, elapsed, refusedFor, pausedFor, index }: Tried): Verdict {
    // Not as methods of the policy, which is no business of the user's functions.
    const [shouldRetry, retryAfter, isRefusal] = [this.#shouldRetry, this.#retryAfter, this.#isRefusal];
    const onRetry = this.#onRetry;
    if (isAbortError(error)) return { error };
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
    // Those who were all told the same must not all come back at the same moment.
    const wait = refused ? pausedFor : asked > 0 ? asked + Math.min(backoff, asked / 10) : backoff;
    if (elapsed + wait > this.totalTimeout) return { error };
    onRetry?.(error, { attempt, wait, refused, index });
    return { wait, asked: asked > 0, refused };
  }
}

const defaultMaxRefusedTime = 600_000;

function saysRetryable(error: unknown): boolean {
  const retryable = errorProperty(error, "retryable");
  return typeof retryable === "boolean" ? retryable : true;
}

function saysRetryAfter(error: unknown): number | undefined {
  const retryAfter = errorProperty(error, "retryAfter");
  return typeof retryAfter === "number" && retryAfter > 0 ? retryAfter : undefined;
}

function seconds(milliseconds: number): string {
  return `${Math.ceil(milliseconds / 1000).toLocaleString("en")} s`;
}
