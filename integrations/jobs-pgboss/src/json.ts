import { describe, final } from "./checks.ts";

/** How deep a value may be nested: beyond it, a cycle is the likelier explanation. */
const deepest = 200;

/**
 * A value as JSON that gives the same value back, and that PostgreSQL stores.
 *
 * @param what names the value, where a message has to
 * @throws TypeError for what JSON would drop or change; RangeError for more than `most` bytes
 */
export function toJson(value: unknown, what: () => string, most: number): string {
  checkJson(value, what, "", 0);
  const json = JSON.stringify(value);
  // No character takes more than 3 bytes for one unit of length.
  if (json.length * 3 > most) {
    const bytes = Buffer.byteLength(json);
    if (bytes > most) {
      throw final(
        new RangeError(
          `${what()} takes ${bytes} bytes as JSON, and ${most} are allowed (maxPayload): ` +
            "store what is large elsewhere, and its name here",
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
      if (depth > deepest) throw notJson(what, path, `a cycle, or nested deeper than ${deepest}`);
      if (Array.isArray(value)) {
        for (let at = 0; at < value.length; at++) checkJson(value[at], what, `${path}[${at}]`, depth + 1);
        return;
      }
      const prototype: unknown = Object.getPrototypeOf(value);
      // An object of a class: a Date would come back as a string.
      if (prototype !== null && Object.getPrototypeOf(prototype) !== null) break;
      for (const [key, item] of Object.entries(value)) {
        checkJson(key, what, path, depth);
        checkJson(item, what, path === "" ? key : `${path}.${key}`, depth + 1);
      }
      return;
    }
  }
  throw notJson(what, path, describe(value));
}

function notJson(what: () => string, path: string, found: string): TypeError {
  const place = path === "" ? "it is" : `${path.slice(0, 200)} is`;
  return final(
    new TypeError(
      `${what()} cannot be stored as JSON: ${place} ${found}; ` +
        "allowed are null, booleans, finite numbers, strings, and arrays and plain objects of them",
    ),
  );
}
