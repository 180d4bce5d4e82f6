import { describeKind } from "@llx/support";
import type { HeadersGiven } from "./http-options.ts";

/** Headers that the connection itself sets. */
const connections = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Merges several sets of headers, by lower-case name. Later ones replace earlier ones.
 *
 * @throws TypeError for an invalid header, without showing its value
 */
export function mergeHeaders(...all: readonly (HeadersGiven | undefined)[]): Record<string, string> {
  return Object.assign({}, ...all.map(readHeaders)) as Record<string, string>;
}

/**
 * Headers by lower-case name.
 *
 * @throws TypeError for an invalid header. It shows neither the value nor an invalid name, which may be a key that was
 *   passed by mistake.
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

/** @throws TypeError that does not show a string, which may be a key that was passed by mistake */
export function checkHeaderName(option: string, name: unknown): asserts name is string | undefined {
  if (name === undefined || isName(name)) return;
  const given = typeof name === "string" && name !== "" ? "another string" : describeKind(name);
  throw new TypeError(`${option} must be the name of a header, such as "x-request-id", not ${given}`);
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
  const given = typeof headers === "object" && headers !== null ? "another object" : describeKind(headers);
  throw new TypeError(
    `headers must be an object such as { "x-name": "value" }, a Headers object, a Map or a list of pairs, not ${given}`,
  );
}

function isPair(value: unknown): value is readonly [unknown, unknown] {
  return Array.isArray(value) && value.length === 2;
}

function isName(name: unknown): name is string {
  return typeof name === "string" && /^[\w!#$%&'*+.^`|~-]+$/.test(name);
}

function checkName(name: unknown, index: number): asserts name is string {
  if (!isName(name)) {
    throw new TypeError(
      `the name of header ${index + 1} is invalid: ` +
        "it may contain letters, digits and signs such as -, but no spaces",
    );
  }
  if (connections.has(name.toLowerCase())) {
    throw new TypeError(`the header ${name} is set by the connection; omit it`);
  }
}

function checkValue(name: string, value: unknown): asserts value is string {
  if (typeof value !== "string" || /[\r\n\0]/.test(value)) {
    throw new TypeError(`the header ${name} must be a string without line breaks`);
  }
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
    throw new TypeError(`the header ${name} contains a character that headers do not allow; encode it`);
  }
}
