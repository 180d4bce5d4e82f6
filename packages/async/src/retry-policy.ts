import { brand } from "./brand.ts";
import { checkCount, checkForeignNames, checkFunction, checkMilliseconds, describe } from "./checks.ts";
import { isAbort } from "./is-abort.ts";

/** How often, after which waits, and after which errors something is tried again. */
export interface RetryOptions {
  /** How many attempts there are at the most, the first one included. Default 3. */
  readonly attempts?: number | undefined;
  /** The wait after the first failure is random up to this many milliseconds; it doubles with each. Default 500. */
  readonly delay?: number | undefined;
  /** The longest wait of our own, in milliseconds. Default 8,000. */
  readonly maxDelay?: number | undefined;
  /** The longest wait that a service may ask for, in milliseconds; above it, no more is tried. Default 60,000. */
  readonly maxRetryAfter?: number | undefined;
  /** How long all attempts and waits may take together, in milliseconds. No wait is begun that would go beyond. */
  readonly budget?: number | undefined;
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
  /** How long the wait is, in milliseconds. */
  readonly wait: number;
  /** Of the job among its inputs, from 0; `undefined` where a single thing is retried. */
  readonly index: number | undefined;
}

/** A service asks to wait longer than `maxRetryAfter` allows. Its `cause` is the error that said so. */
export class RetryAfterError extends Error {
  private static readonly branded: void = /* @__PURE__ */ brand(this, "RetryAfterError");

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

/** What to do after a failure: wait for so many milliseconds, or give up with this error. */
export type Verdict = { readonly wait: number; readonly asked: boolean } | { readonly error: unknown };

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
  readonly #onRetry: RetryOptions["onRetry"];
  readonly budget: number;

  /** @throws TypeError or RangeError that says what was given and what is allowed */
  constructor(options: RetryOptions) {
    if (typeof options !== "object" || options === null) {
      throw new TypeError(`retry must be an object with options, not ${describe(options)}`);
    }
    checkForeignNames(options, { retries: "attempts counts the first one too, so it is one more" });
    const { attempts = 3, delay = 500, maxDelay = 8_000, maxRetryAfter = 60_000 } = options;
    const { budget = Number.POSITIVE_INFINITY } = options;
    const { shouldRetry = saysRetryable, retryAfter = saysRetryAfter, onRetry } = options;
    checkCount("attempts", attempts);
    checkMilliseconds("delay", delay);
    checkMilliseconds("maxDelay", maxDelay);
    checkMilliseconds("maxRetryAfter", maxRetryAfter);
    checkMilliseconds("budget", budget);
    checkFunction("shouldRetry", shouldRetry);
    checkFunction("retryAfter", retryAfter);
    if (onRetry !== undefined) checkFunction("onRetry", onRetry);
    this.#attempts = attempts;
    this.#delay = delay;
    this.#maxDelay = maxDelay;
    this.#maxRetryAfter = maxRetryAfter;
    this.#shouldRetry = shouldRetry;
    this.#retryAfter = retryAfter;
    this.#onRetry = onRetry;
    this.budget = budget;
  }

  /**
   * @param attempt which attempt has failed, from 1
   * @param elapsed milliseconds since the first one began
   * @param index of the job
   */
  decide(error: unknown, attempt: number, elapsed: number, index: number | undefined): Verdict {
    // Not as methods of the policy, which is no business of the user's functions.
    const [shouldRetry, retryAfter, onRetry] = [this.#shouldRetry, this.#retryAfter, this.#onRetry];
    if (isAbort(error) || attempt >= this.#attempts || !shouldRetry(error)) return { error };
    const asked = retryAfter(error) ?? 0;
    if (asked > this.#maxRetryAfter) return { error: new RetryAfterError(asked, this.#maxRetryAfter, error) };
    const backoff = Math.random() * Math.min(this.#maxDelay, this.#delay * 2 ** Math.min(attempt - 1, 50));
    // Those who were all told the same must not all come back at the same moment.
    const wait = asked > 0 ? asked + Math.min(backoff, asked / 10) : backoff;
    if (elapsed + wait > this.budget) return { error };
    onRetry?.(error, { attempt, wait, index });
    return { wait, asked: asked > 0 };
  }
}

function saysRetryable(error: unknown): boolean {
  const retryable: unknown = property(error, "retryable");
  return typeof retryable === "boolean" ? retryable : true;
}

function saysRetryAfter(error: unknown): number | undefined {
  const retryAfter: unknown = property(error, "retryAfter");
  return typeof retryAfter === "number" && retryAfter > 0 ? retryAfter : undefined;
}

function property(error: unknown, name: string): unknown {
  return typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined;
}

function seconds(milliseconds: number): string {
  return `${Math.ceil(milliseconds / 1000).toLocaleString("en")} s`;
}
