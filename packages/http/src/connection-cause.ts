/** The error of a connection without what was sent and received, which such errors contain. */
export function connectionCause(error: unknown, redact: (message: string) => string, depth = 0): Error {
  const { name, code } = detailsOf(error);
  const nested = error instanceof Error && error.cause !== undefined && depth < 3;
  const cause = nested ? connectionCause(error.cause, redact, depth + 1) : undefined;
  const shown = new Error(redact(messageOf(error)), cause && { cause });
  // The message of Node.js or undici, without the stack, which is that of the connection's events.
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
