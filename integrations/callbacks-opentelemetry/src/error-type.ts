/** What the conventions ask for where an error has no name that could be told. */
const otherError = "_OTHER";

/** The HTTP status of a failed request, else the name of the error's class. Never a message. */
export function errorType(error: unknown): string {
  if (typeof error === "object" && error !== null && "status" in error) {
    const { status } = error;
    if (typeof status === "number" && Number.isInteger(status) && status >= 400 && status <= 599) {
      return String(status);
    }
  }
  return errorName(error);
}

/** The name of an error's class. What does not look like such a name is not shown. */
export function errorName(error: unknown): string {
  if (!(error instanceof Error)) return otherError;
  const name = error.name === "Error" ? error.constructor.name : error.name;
  return /^[\w$.]{1,64}$/.test(name) ? name : otherError;
}

/** Kinds of the latest errors by the id of the event that has them, for the events they pass through. */
export class ErrorTypes {
  readonly #types = new Map<string, string>();

  /** The kind of the error that ended an event. */
  of(event: {
    readonly id: string;
    readonly error: unknown;
    readonly errorEventId: string | undefined;
  }): string {
    if (event.errorEventId !== undefined) return this.#types.get(event.errorEventId) ?? otherError;
    const type = errorType(event.error);
    this.#types.set(event.id, type);
    const [oldest] = this.#types.keys();
    if (this.#types.size > 1000 && oldest !== undefined) this.#types.delete(oldest);
    return type;
  }
}
