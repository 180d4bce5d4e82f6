import { checkFunction, checkSignal, type NamesOf, wait } from "@llx/support";
import { RefusalGate } from "../refusals/refusal-gate.ts";
import { retryNames, type RetryOptions, RetryPolicy } from "./retry-policy.ts";

/** What one attempt receives. */
export interface AttemptContext {
  /** Aborted when the result is no longer needed. Pass it to whatever the attempt waits for. */
  readonly signal: AbortSignal;
  /** The number of the attempt, from 1. */
  readonly attempt: number;
}

/** Jobs have their signal elsewhere. */
const names: NamesOf<RetryOptions & { signal: unknown }> = { ...retryNames, signal: true };

/**
 * Calls a function until it succeeds: up to `attempts` times, with random, growing waits in between; while an overloaded
 * service refuses, for up to `maxRefusedTime`. An abort ends a wait at once. Retry in only one layer: around work that
 * retries by itself, attempts multiply.
 *
 * @param work what is tried, once per attempt, with the signal and the number of the attempt
 * @throws the last error as it is; a {@link RetryAfterError} if a service asks for a longer wait than is allowed; a
 *   {@link RefusedError} if it refuses for longer; the signal's reason; TypeError or RangeError for invalid arguments
 *
 * @example
 * ```ts
 * const page = await retry(({ signal }) => load(url, { signal }), { attempts: 5, totalTimeout: 30_000 });
 * ```
 */
export async function retry<T>(
  work: (context: AttemptContext) => T | PromiseLike<T>,
  options: RetryOptions & { readonly signal?: AbortSignal | undefined } = {},
): Promise<T> {
  checkFunction("the argument of retry", work);
  const policy = new RetryPolicy(options, names);
  checkSignal(options.signal);
  const { signal = new AbortController().signal } = options;
  const started = performance.now();
  const gate = new RefusalGate();
  let refusals = 0;
  let firstRefusal: number | undefined;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    const startedAt = performance.now();
    const isTry = gate.started(startedAt);
    try {
      // oxlint-disable-next-line no-await-in-loop -- one attempt after another
      return await work({ signal, attempt });
    } catch (error) {
      if (signal.aborted) throw error;
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
      // oxlint-disable-next-line no-await-in-loop
      await wait(decision.wait, signal);
    }
  }
}
