/** The message of an error of a connection. A refused one is several errors in one, without a message of its own. */
export function connectionMessage(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") {
    return error.errors.map(connectionMessage).join("; ");
  }
  return error instanceof Error ? error.message || error.name : String(error);
}
