/** Whether an error is an `AbortError`: the work was asked to stop. */
export function isAbortError(error: unknown): boolean {
  try {
    return error instanceof Error && error.name === "AbortError";
  } catch {
    // A hostile value, whose prototype or name cannot be read.
    return false;
  }
}
