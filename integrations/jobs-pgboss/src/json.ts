import { describeKind } from "@llx/support";
import { notRetryable } from "./not-retryable.ts";

/** How deep a value may be nested: beyond that, it is more likely a cycle. */
const maxDepth = 200;

/**
 * A value as JSON that parses to the same value, and that PostgreSQL can store.
 *
 * @param what the name of the value for error messages
 * @throws TypeError for a value that JSON would drop or change; RangeError for more than `maxBytes`
 */
export function toJson(value: unknown, what: () => string, maxBytes: number): string {
  checkJson(value, what, "", 0);
  const json = JSON.stringify(value);
  // UTF-8 takes at most 3 bytes per unit of a string's length.
  if (json.length * 3 > maxBytes) {
    const bytes = Buffer.byteLength(json);
    if (bytes > maxBytes) {
      throw notRetryable(
        new RangeError(
          `${what()} takes ${bytes} bytes as JSON, and ${maxBytes} are allowed (maxPayload): ` +
            "store large data elsewhere, and a reference to it here",
        ),
      );
    }
  }
  return json;
}

function checkJson(value: unknown, what: () => string, path: string, depth: number): void {
  switch (typeof value) {
    case "boolean":
      return;
    case "number":
      if (Number.isFinite(value)) return;
      break;
    case "string":
      if (value.includes("\0")) throw notJson(what, path, "a string with a NUL character");
      if (!value.isWellFormed()) throw notJson(what, path, "a string with half a surrogate pair");
      return;
    case "object": {
      if (value === null) return;
      if (depth > maxDepth) throw notJson(what, path, `a cycle, or nested deeper than ${maxDepth}`);
      if (Array.isArray(value)) {
        for (let index = 0; index < value.length; index++) {
          checkJson(value[index], what, `${path}[${index}]`, depth + 1);
        }
        return;
      }
      const prototype: unknown = Object.getPrototypeOf(value);
      // An instance of a class: a Date, for example, would become a string.
      if (prototype !== null && Object.getPrototypeOf(prototype) !== null) break;
      for (const [key, item] of Object.entries(value)) {
        checkJson(key, what, path, depth);
        checkJson(item, what, path === "" ? key : `${path}.${key}`, depth + 1);
      }
      return;
    }
  }
  throw notJson(what, path, describeKind(value));
}

function notJson(what: () => string, path: string, found: string): TypeError {
  const where = path === "" ? "it is" : `${path.slice(0, 200)} is`;
  return notRetryable(
    new TypeError(
      `${what()} cannot be stored as JSON: ${where} ${found}; ` +
        "allowed are null, booleans, finite numbers, strings, and arrays and plain objects of them",
    ),
  );
}
