/**
 * The body of a response with `null` in the place of the last item of its list: the outermost one that has an object, a
 * list or a string for each text. A body without such a list stays as it is.
 */
export function withNullItem(body: unknown, count: number): unknown {
  if (typeof body !== "object" || body === null) return body;
  if (Array.isArray(body)) {
    const isList =
      body.length === count && body.every((item) => typeof item === "object" || typeof item === "string");
    return isList ? [...(body as readonly unknown[]).slice(0, -1), null] : body;
  }
  const changed = Object.entries(body).map(([name, value]) => [name, withNullItem(value, count)] as const);
  return Object.fromEntries(changed);
}
