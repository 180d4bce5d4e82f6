/** The words of a problem report (RFC 7807): its title and its detail. */
export function readError(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { title, detail } = body as { title?: unknown; detail?: unknown };
  const words = [title, detail].filter((part) => typeof part === "string" && part !== "");
  return words.length > 0 ? words.join(": ") : undefined;
}
