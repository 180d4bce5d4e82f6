/** Whether an error says no more than that somebody was told to stop. */
export function isAbort(error: unknown): boolean {
  try {
    return error instanceof Error && error.name === "AbortError";
  } catch {
    // It cannot be looked at.
    return false;
  }
}
