import { type Deadline, timerDelay } from "@llx/support";

/** What one attempt receives. */
export interface AttemptContext {
  /** Aborted when the result is no longer needed. Pass it to whatever the attempt waits for. */
  readonly signal: AbortSignal;
  /** The number of the attempt, from 1. */
  readonly attempt: number;
}

/**
 * Makes one attempt, and awaits its end, also after its deadline: for up to `grace` milliseconds.
 *
 * @throws the reason of the deadline if that has ended the attempt, whatever its result; otherwise what the attempt throws
 */
export async function attemptWithin<T>(
  deadline: Deadline,
  grace: number,
  work: (context: AttemptContext) => T | PromiseLike<T>,
  attempt: number,
): Promise<T> {
  const { signal } = deadline;
  const abandoned = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    if (grace === Number.POSITIVE_INFINITY) return;
    timer = setTimeout(() => {
      warnOfAbandonedAttempt(attempt, grace);
      abandoned.reject(signal.reason);
    }, timerDelay(grace));
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const result = await Promise.race([call(work, { signal, attempt }), abandoned.promise]);
    signal.throwIfAborted();
    return result;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    deadline.end();
  }
}

/** What it throws at once is a rejection too. */
async function call<T>(
  work: (context: AttemptContext) => T | PromiseLike<T>,
  context: AttemptContext,
): Promise<T> {
  return work(context);
}

function warnOfAbandonedAttempt(attempt: number, grace: number): void {
  process.emitWarning(
    `attempt ${attempt} of a retry ignored the abort for ${grace} ms and was abandoned. Pass the signal of the attempt to what ` +
      "it waits for, or raise grace.",
    { type: "AttemptAbandoned", code: "LLX_ATTEMPT_ABANDONED" },
  );
}
