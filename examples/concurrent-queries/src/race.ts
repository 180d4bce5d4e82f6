import { type Job, streamJobs } from "@llx/async";

export interface Won<T> {
  /** The winner's index among the contenders. */
  readonly winner: number;
  readonly value: T;
}

/**
 * Runs all at once, and returns the first success. The signals of the others are aborted, and they have ended
 * before it returns.
 *
 * @throws AggregateError if all have failed; the signal's reason
 */
export async function race<T>(contenders: readonly Job<T>[], signal?: AbortSignal): Promise<Won<T>> {
  const failures: unknown[] = [];
  const workers = contenders.length;
  const outcomes = streamJobs(contenders, { workers, signal, ordered: false, settle: true });
  for await (const { index, value: outcome } of outcomes) {
    // Leaving the loop aborts running contenders, and waits for them.
    if (outcome.status === "fulfilled") return { winner: index, value: outcome.value };
    failures.push(outcome.reason);
  }
  throw new AggregateError(failures, `all ${workers} contenders have failed`);
}
