import { type Job, streamJobs } from "@llx/async";

/** A chunk, and the index of the contender that it comes from. */
export interface HedgedChunk<T> {
  readonly winner: number;
  readonly chunk: T;
}

export interface HedgeOptions {
  /** Milliseconds after which the next one starts, if none has begun to answer; 0: all start at once. */
  readonly delay: number;
  readonly signal: AbortSignal;
}

interface Begun<T> {
  readonly iterator: AsyncIterator<T>;
  readonly stop: AbortController;
}

/**
 * The stream of the contender whose first chunk comes first; the others are aborted. One that fails before its first
 * chunk, or ends without any, is out, and the next one starts at once. A failure of the winner later on is final: its
 * first chunks have been read.
 *
 * @throws AggregateError if all have failed; the signal's reason
 */
export async function* hedge<T>(
  contenders: readonly ((signal: AbortSignal) => AsyncIterable<T>)[],
  { delay, signal }: HedgeOptions,
): AsyncGenerator<HedgedChunk<T>, void, undefined> {
  const begun = new Map<number, Begun<T>>();
  let isOver = false;
  // Settled when the next one may start: after the delay, or earlier.
  let turn = Promise.withResolvers<void>();

  const start = (index: number): Job<T> => {
    // Opened here, so that its event is not below that of the job, which ends with the first chunk.
    const stop = new AbortController();
    const source = contenders[index]!(AbortSignal.any([signal, stop.signal]));
    const iterator = source[Symbol.asyncIterator]();
    begun.set(index, { iterator, stop });
    return async (job) => {
      // The stream of the winner outlives its job, so it has a signal of its own.
      const onAbort = (): void => stop.abort(job.signal.reason);
      job.signal.addEventListener("abort", onAbort, { once: true });
      try {
        const first = await iterator.next();
        if (first.done) throw new Error("the answer is empty");
        return first.value;
      } catch (error) {
        turn.resolve();
        throw error;
      } finally {
        job.signal.removeEventListener("abort", onAbort);
      }
    };
  };

  /** Read as long as there is no winner. */
  async function* inTurn(): AsyncGenerator<Job<T>> {
    for (const index of contenders.keys()) {
      if (index > 0 && delay > 0) {
        const timer = setTimeout(turn.resolve, delay);
        // oxlint-disable-next-line no-await-in-loop -- one after another
        await turn.promise;
        clearTimeout(timer);
      }
      if (isOver) return;
      turn = Promise.withResolvers();
      yield start(index);
    }
  }

  /** Does not wait for them: `streamJobs` does, at the end, but no longer than its grace. */
  const stopAll = (exceptFor?: number): void => {
    isOver = true;
    turn.resolve();
    for (const [index, { iterator, stop }] of begun) {
      if (index === exceptFor) continue;
      stop.abort();
      iterator.return?.().catch(() => {});
    }
  };

  const failures: unknown[] = [];
  try {
    const options = { workers: contenders.length, signal, ordered: false, settle: true } as const;
    for await (const { index: winner, value: outcome } of streamJobs(inTurn(), options)) {
      if (outcome.status === "rejected") {
        failures.push(outcome.reason);
        continue;
      }
      stopAll(winner);
      yield { winner, chunk: outcome.value };
      const rest = { [Symbol.asyncIterator]: () => begun.get(winner)!.iterator };
      for await (const chunk of rest) yield { winner, chunk };
      return;
    }
  } finally {
    // Also the winner, if its reader leaves early.
    stopAll();
  }
  throw new AggregateError(failures, "no model has answered");
}
