import { checkFunction, checkSignal } from "./checks.ts";
import { type RetryOptions, RetryPolicy } from "./retry-policy.ts";
import { wait } from "./wait.ts";

/** What one attempt is told of itself. */
export interface AttemptContext {
  /** Aborted when the result is no longer wanted. Pass it on to whatever the attempt waits for. */
  readonly signal: AbortSignal;
  /** Counts from 1. */
  readonly attempt: number;
}

/**
 * Tries until it works: up to `attempts` times, with random waits that grow in between. An abort ends a wait at
 * once. Let one layer retry: around something that retries by itself, attempts multiply.
 *
 * @throws the last error as it is; a {@link RetryAfterError} where a service asks for a longer wait than is
 *   allowed; the signal's reason; TypeError or RangeError for bad arguments
 *
 * @example
 * ```ts
 * const page = await retry(({ signal }) => load(url, { signal }), { attempts: 5, budget: 30_000 });
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
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      // oxlint-disable-next-line no-await-in-loop -- one attempt after another
      return await work({ signal, attempt });
    } catch (error) {
      if (signal.aborted) throw error;
      const verdict = policy.decide(error, attempt, performance.now() - started, undefined);
      if ("error" in verdict) throw verdict.error;
      // oxlint-disable-next-line no-await-in-loop
      await wait(verdict.wait, signal);
    }
  }
}
