import {
  checkMilliseconds,
  checkSignal,
  checkTimeout,
  checkWork,
  type NamesOf,
  timeoutError,
  wait,
} from "@llx/support";
import { RefusalGate } from "../refusals/refusal-gate.ts";
import { defaultGrace } from "../support/grace.ts";
import { type AttemptContext, makeAttempt } from "./attempt.ts";
import { retryNames, type RetryOptions, RetryPolicy } from "./retry-policy.ts";

/** Options of a call of {@link retry}. */
export interface RetryCallOptions extends RetryOptions {
  /** Its abort ends the attempts: that of the running one, and every wait. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long each attempt may take, in milliseconds. Then its signal is aborted, and it fails with a `TimeoutError`.
   *
   * @default Infinity
   */
  readonly timeout?: number | undefined;
  /**
   * How long to wait for an attempt that ignores its abort, in milliseconds. Then it is abandoned, with a warning.
   *
   * @default 5_000
   */
  readonly grace?: number | undefined;
}

/** For jobs, these are options beside `retry`. */
const names: NamesOf<RetryCallOptions> = { ...retryNames, signal: true, timeout: true, grace: true };

/**
 * Calls a function until it succeeds: up to `attempts` times, with random, growing waits in between; while an overloaded
 * service refuses, for up to `maxRefusedTime`. An abort ends a wait at once. Retry in only one layer: around work that
 * retries by itself, attempts multiply.
 *
 * @param work what is tried, once per attempt, with the signal and the number of the attempt
 * @throws the last error as it is; a `TimeoutError` if `timeout` or `totalTimeout` has ended the last attempt; a
 *   {@link RetryAfterError} if a service asks for a longer wait than is allowed; a {@link RefusedError} if it refuses for longer;
 *   the signal's reason; TypeError or RangeError for invalid arguments
 *
 * @example
 * ```ts
 * const page = await retry(({ signal }) => load(url, { signal }), { attempts: 5, timeout: 10_000, totalTimeout: 30_000 });
 * ```
 */
export async function retry<T>(
  work: (context: AttemptContext) => T | PromiseLike<T>,
  options: RetryCallOptions = {},
): Promise<T> {
  checkWork("the argument of retry", work);
  const policy = new RetryPolicy(options, names);
  const { signal, timeout = Number.POSITIVE_INFINITY, grace = defaultGrace } = options;
  checkSignal(signal);
  checkTimeout("timeout", timeout);
  checkMilliseconds("grace", grace);
  const { totalTimeout } = policy;
  const started = performance.now();
  const gate = new RefusalGate();
  let refusals = 0;
  let firstRefusal: number | undefined;
  let lastError: unknown;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const startedAt = performance.now();
    const isTry = gate.started(startedAt);
    const left = started + totalTimeout - startedAt;
    const limit =
      left <= timeout ? `totalTimeout allows for all attempts (${totalTimeout} ms)` : `${timeout} ms`;
    const tooLong = (): DOMException =>
      timeoutError(`attempt ${attempt} took longer than ${limit}`, lastError);
    // A wait may end late.
    if (left <= 0) throw tooLong();
    try {
      // oxlint-disable-next-line no-await-in-loop -- one attempt after another
      return await makeAttempt(work, attempt, { signal, timeout: Math.min(timeout, left), tooLong, grace });
    } catch (error) {
      signal?.throwIfAborted();
      const now = performance.now();
      const refusal = policy.refusal(error);
      if (refusal === undefined) gate.answered(startedAt, isTry);
      else gate.refused(startedAt, isTry, refusal, [], now);
      const decision = policy.decide(error, {
        attempt,
        refusals,
        elapsed: now - started,
        refusedFor: firstRefusal === undefined ? 0 : now - firstRefusal,
        pausedFor: gate.startsAt - now,
        index: undefined,
      });
      if ("error" in decision) throw decision.error;
      if (refusal !== undefined) {
        refusals++;
        firstRefusal ??= startedAt;
      }
      lastError = error;
      // oxlint-disable-next-line no-await-in-loop
      await wait(decision.wait, signal);
    }
  }
}
