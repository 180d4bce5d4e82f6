/**
 * An error of the connection as it may be shown: the errors of a connection carry what was sent and received.
 */
export function connectionCause(error: unknown, conceal: (words: string) => string, depth = 0): Error {
  const { name, code } = detailsOf(error);
  const nested = error instanceof Error && error.cause !== undefined && depth < 3;
  const cause = nested ? connectionCause(error.cause, conceal, depth + 1) : undefined;
  const shown = new Error(conceal(messageOf(error)), cause && { cause });
  // What Node and undici say, not where: the stack here is that of the connection's events.
  shown.name = name;
  shown.stack = `${name}: ${shown.message}`;
  return code === undefined ? shown : Object.assign(shown, { code });
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return "it failed without an error";
  // Several addresses were tried.
  if (error instanceof AggregateError) return error.message || error.errors.map(messageOf).join("; ");
  return error.message;
}

function detailsOf(error: unknown): { name: string; code: string | undefined } {
  if (!(error instanceof Error)) return { name: "Error", code: undefined };
  const code: unknown = Reflect.get(error, "code");
  return { name: error.name, code: typeof code === "string" ? code : undefined };
}
