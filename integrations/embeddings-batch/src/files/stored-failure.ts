import { describeThrown } from "@llx/support";
import type { StoredFailure } from "./results-file.ts";

/** Characters of a message that are kept. */
const maxMessage = 1_000;

/**
 * An error, as it is stored.
 *
 * @param id what the text was called at the service, which says nothing to the caller
 */
export function storedFailure(error: unknown, id?: string): StoredFailure {
  const { name, message } =
    error instanceof Error ? error : { name: "Error", message: describeThrown(error) };
  const shown = id === undefined ? message : message.replaceAll(`the text ${id}`, "the text");
  return { name, message: shown.slice(0, maxMessage) };
}

/** An error that was stored. */
export function failureError({ name, message }: StoredFailure): Error {
  const error = new Error(message);
  Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  // Where it was read says nothing.
  error.stack = `${name}: ${message}`;
  return error;
}
