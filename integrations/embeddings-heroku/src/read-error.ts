/**
 * Heroku's message in the body of an error, which has several forms: an object, JSON inside a string, a plain string,
 * or a message at the top level.
 */
export function readError(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { error, message } = body as { error?: unknown; message?: unknown };
  const inner = typeof error === "string" ? (readNested(error) ?? error) : readError(error);
  return inner ?? (typeof message === "string" ? message : undefined);
}

function readNested(text: string): string | undefined {
  try {
    return readError(JSON.parse(text));
  } catch {
    return undefined;
  }
}
