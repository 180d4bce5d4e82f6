import { describeThrown } from "@llx/support";
import type { StoredFailure } from "./results-file.ts";

/** Characters of a message that are kept. */
const maxMessage = 1_000;

/** An error, as it is stored. */
export function storedFailure(error: unknown): StoredFailure {
  if (!(error instanceof Error))
    return { name: "Error", message: describeThrown(error).slice(0, maxMessage) };
  return { name: error.name, message: error.message.slice(0, maxMessage) };
}

/** An error that was stored. */
export function failureError({ name, message }: StoredFailure): Error {
  const error = new Error(message);
  Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  // Where it was read says nothing.
  error.stack = `${name}: ${message}`;
  return error;
}
