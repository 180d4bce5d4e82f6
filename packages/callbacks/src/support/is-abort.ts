/** Whether a body ended because somebody asked it to: an `AbortError`, or the reason of its signal. */
export function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted && error === signal.reason) return true;
  try {
    return error instanceof Error && error.name === "AbortError";
  } catch {
    // Anything can be thrown, also what does not want to be looked at.
    return false;
  }
}
