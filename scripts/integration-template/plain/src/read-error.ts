/** The service's own words in the body of an error. */
export function readError(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  // Fill in: where they stand. For `{ error: { message } }`, `{ message }` and the like nobody needs this file.
  const { reason } = body as { reason?: unknown };
  return typeof reason === "string" ? reason : undefined;
}
