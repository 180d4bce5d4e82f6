/** The service's own message in the body of an error. */
export function readError(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  // Fill in: where it is. For `{ error: { message } }`, `{ message }` and the like, this file is not needed.
  const { reason } = body as { reason?: unknown };
  return typeof reason === "string" ? reason : undefined;
}
