import { TimeLimit, timerDelay } from "@llx/support";

/** What one attempt receives. */
export interface AttemptContext {
  /** Aborted when the result is no longer needed. Pass it to whatever the attempt waits for. */
  readonly signal: AbortSignal;
  /** The number of the attempt, from 1. */
  readonly attempt: number;
}

/** What ends an attempt. Times are in milliseconds. */
interface AttemptLimits {
  /** The caller's. What an attempt has returned, such as a stream, still follows it. */
  readonly signal: AbortSignal | undefined;
  readonly timeout: number;
  /** The error of an attempt that has taken longer. */
  readonly tooLong: () => DOMException;
  /** How long to wait for an attempt that ignores its abort. */
  readonly grace: number;
}

/**
 * Makes one attempt, and awaits its end, also after an abort: for up to `grace`.
 *
 * @throws the reason of the abort, if there was one, whatever the attempt ends with; otherwise what the attempt throws
 */
export async function makeAttempt<T>(
  work: (context: AttemptContext) => T | PromiseLike<T>,
  attempt: number,
  { signal: outer, timeout, tooLong, grace }: AttemptLimits,
): Promise<T> {
  const own = new AbortController();
  // More than a timer supports (24.8 days) is no limit.
  const isLimited = timeout === timerDelay(timeout);
  const limit = isLimited ? new TimeLimit(timeout, () => own.abort(tooLong())) : undefined;
  const signal = outer === undefined || isLimited ? either(own.signal, outer) : outer;
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
    limit?.clear();
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

function either(one: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? one : AbortSignal.any([one, other]);
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
