import { checkFunction, checkSignal, wait } from "@llx/support";
import { RefusalGate } from "../refusals/refusal-gate.ts";
import { type RetryOptions, RetryPolicy } from "./retry-policy.ts";

/** What one attempt is told of itself. */
export interface AttemptContext {
  /** Aborted when the result is no longer wanted. Pass it on to whatever the attempt waits for. */
  readonly signal: AbortSignal;
  /** Counts from 1. */
  readonly attempt: number;
}

/**
 * Tries until it works: up to `attempts` times, with random waits that grow in between; while a service refuses, as it has
 * too much to do, for up to `maxRefusedTime`. An abort ends a wait at once. Let one layer retry: around something that retries by itself, attempts multiply.
 *
 * @throws the last error as it is; a {@link RetryAfterError} where a service asks for a longer wait than is
 *   allowed; a {@link RefusedError} where it refuses for longer; the signal's reason; TypeError or RangeError for bad arguments
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
  checkFunction("what is retried", work);
  const policy = new RetryPolicy(options);
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
      const verdict = policy.decide(error, {
        attempt,
        refusals,
        elapsed: now - started,
        refusedFor: firstRefusal === undefined ? 0 : now - firstRefusal,
        pausedFor: gate.startsAt - now,
        index: undefined,
      });
      if ("error" in verdict) throw verdict.error;
      if (refusal !== undefined) {
        refusals++;
        firstRefusal ??= startedAt;
      }
      // oxlint-disable-next-line no-await-in-loop
      await wait(verdict.wait, signal);
    }
  }
}
