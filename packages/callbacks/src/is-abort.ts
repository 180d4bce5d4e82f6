/** Whether a body ended because somebody asked it to: an `AbortError`, or the reason of its signal. */
export function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted && error === signal.reason) return true;
  return error instanceof Error && error.name === "AbortError";
}
