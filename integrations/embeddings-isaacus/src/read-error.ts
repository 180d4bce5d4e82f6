/** The words of a problem report (RFC 7807): its title and its detail. A detail that is no text is left to the client. */
export function readError(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { title, detail } = body as { title?: unknown; detail?: unknown };
  if (typeof detail === "object" && detail !== null) return undefined;
  const words = [title, detail].filter((part) => typeof part === "string" && part !== "");
  return words.length > 0 ? words.join(": ") : undefined;
}
