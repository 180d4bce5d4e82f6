import { describe } from "./checks.ts";

/** What the connection itself decides on. */
const connections = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Headers by their names in lower case.
 *
 * @throws TypeError for one that cannot be sent. It never shows the value, nor a bad name, which may be a key
 *   that stands in the wrong place.
 */
export function readHeaders(headers: unknown): Record<string, string> {
  if (headers === undefined) return {};
  if (typeof headers !== "object" || headers === null || Symbol.iterator in headers) {
    const given = typeof headers === "object" && headers !== null ? "an iterable" : describe(headers);
    throw new TypeError(`headers must be an object such as { "x-name": "value" }, not ${given}`);
  }
  return Object.fromEntries(
    Object.entries(headers).map(([name, value], index) => {
      checkName(name, index);
      checkValue(name, value);
      return [name.toLowerCase(), value];
    }),
  );
}

function checkName(name: string, index: number): void {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
    throw new TypeError(
      `the name of header ${index + 1} cannot be sent: ` +
        "it must be letters, digits and signs such as -, without spaces",
    );
  }
  if (connections.has(name.toLowerCase())) {
    throw new TypeError(`the header ${name} is the connection's own; leave it out`);
  }
}

function checkValue(name: string, value: unknown): asserts value is string {
  if (typeof value !== "string" || /[\r\n\0]/.test(value)) {
    throw new TypeError(`the header ${name} must be a string without line breaks`);
  }
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
    throw new TypeError(`the header ${name} holds a character that no header can have; encode it`);
  }
}
