import { describe } from "./checks.ts";
import type { HeadersGiven } from "./http-options.ts";

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
 * Several sets of headers as one, by their names in lower case: what comes later counts.
 *
 * @throws TypeError for what cannot be sent, without showing it
 */
export function mergeHeaders(...all: readonly (HeadersGiven | undefined)[]): Record<string, string> {
  return Object.assign({}, ...all.map(readHeaders)) as Record<string, string>;
}

/**
 * Headers by their names in lower case.
 *
 * @throws TypeError for one that cannot be sent. It never shows the value, nor a bad name, which may be a key
 *   that stands in the wrong place.
 */
export function readHeaders(headers: unknown): Record<string, string> {
  if (headers === undefined) return {};
  const read: Record<string, string> = {};
  for (const [index, [name, value]] of pairsOf(headers).entries()) {
    checkName(name, index);
    checkValue(name, value);
    read[name.toLowerCase()] = value;
  }
  return read;
}

function pairsOf(headers: unknown): (readonly [name: unknown, value: unknown])[] {
  if (typeof headers === "object" && headers !== null) {
    if (Symbol.iterator in headers) {
      const pairs = [...(headers as Iterable<unknown>)];
      if (pairs.every(isPair)) return pairs;
    } else if (Object.prototype.toString.call(headers) === "[object Object]") {
      return Object.entries(headers);
    }
  }
  const given = typeof headers === "object" && headers !== null ? "another object" : describe(headers);
  throw new TypeError(
    `headers must be an object such as { "x-name": "value" }, a Headers, a Map or a list of pairs, not ${given}`,
  );
}

function isPair(value: unknown): value is readonly [unknown, unknown] {
  return Array.isArray(value) && value.length === 2;
}

function checkName(name: unknown, index: number): asserts name is string {
  if (typeof name !== "string" || !/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
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
