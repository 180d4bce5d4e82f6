/** The value that the conventions require for an error without a usable name. */
const otherError = "_OTHER";

/** The HTTP status of a failed request, else the name of the error's class. Never a message. */
export function errorType(error: unknown): string {
  return attempt(() => statusOf(error)) ?? errorName(error);
}

/** The name of an error's class. A value that does not look like a class name is not shown. */
export function errorName(error: unknown): string {
  return attempt(() => classOf(error)) ?? otherError;
}

function statusOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("status" in error)) return undefined;
  const { status } = error;
  const isFailure = typeof status === "number" && Number.isInteger(status) && status >= 400 && status <= 599;
  return isFailure ? String(status) : undefined;
}

function classOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const name = error.name === "Error" ? error.constructor.name : error.name;
  return /^[\w$.]{1,64}$/.test(name) ? name : undefined;
}

/** Any value can be thrown, also one that throws when it is read. */
function attempt(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The types of the latest 1,000 errors by the id of the event that has them, for the events they pass through. */
export class ErrorTypes {
  readonly #types = new Map<string, string>();

  /** The type of the error that ended an event. */
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
