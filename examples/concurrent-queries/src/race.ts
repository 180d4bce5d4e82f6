import { type Job, streamJobs } from "@llx/async";

export interface Won<T> {
  /** The place of the winner among the contenders. */
  readonly winner: number;
  readonly value: T;
}

/**
 * Runs all at once, and gives the first success. The signals of the others are aborted, and they have ended,
 * before it is given.
 *
 * @throws AggregateError where all have failed; the signal's reason
 */
export async function race<T>(contenders: readonly Job<T>[], signal?: AbortSignal): Promise<Won<T>> {
  const failures: unknown[] = [];
  const workers = contenders.length;
  const outcomes = streamJobs(contenders, { workers, signal, ordered: false, settle: true });
  for await (const { index, value: outcome } of outcomes) {
    // Leaving the loop aborts what runs, and waits for it.
    if (outcome.status === "fulfilled") return { winner: index, value: outcome.value };
    failures.push(outcome.reason);
  }
  throw new AggregateError(failures, `all ${workers} contenders have failed`);
}
