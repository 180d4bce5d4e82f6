import { isAbortError } from "@llx/support";

/** Whether a body ended because the caller asked it to: an `AbortError`, or the reason of its signal. */
export function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  return (signal?.aborted === true && error === signal.reason) || isAbortError(error);
}
