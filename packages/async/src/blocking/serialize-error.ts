import { types } from "node:util";
import { describe, describeThrown, errorProperty } from "@llx/support";

/** A thrown value in a form that can be posted to another thread, and that loses less than a structured clone. */
export type Serialized =
  | { readonly kind: "error"; readonly error: ErrorFields }
  | { readonly kind: "list"; readonly items: Serialized[] }
  | { readonly kind: "record"; readonly entries: [string, Serialized][] }
  | { readonly kind: "value"; readonly value: unknown };

interface ErrorFields {
  /** The built-in class of the error, or the one that its class extends. */
  readonly base: Base;
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly properties: { readonly key: string; readonly enumerable: boolean; readonly value: Serialized }[];
}

const bases = [
  "AggregateError",
  "DOMException",
  "Error",
  "EvalError",
  "RangeError",
  "ReferenceError",
  "SuppressedError",
  "SyntaxError",
  "TypeError",
  "URIError",
] as const;
type Base = (typeof bases)[number];

/** Standard properties of errors that are not enumerable. */
const hidden = ["cause", "errors", "error", "suppressed"];
const ofEveryError = new Set(["name", "message", "stack"]);

/**
 * A value that cannot be read or cloned becomes a string that says so. Errors may contain each other, even in a cycle. Never
 * throws.
 */
export function serializeError(value: unknown): Serialized {
  try {
    return serialize(value, new Map());
  } catch {
    // A proxy that refuses, or nested too deeply.
    return unclonable(value);
  }
}

function unclonable(value: unknown): Serialized {
  return { kind: "value", value: `[${describe(value)}, which cannot be cloned]` };
}

function serialize(value: unknown, seen: Map<unknown, Serialized>): Serialized {
  const known = seen.get(value);
  if (known !== undefined) return known;
  if (types.isNativeError(value) || value instanceof Error) return serializeFields(value, seen);
  if (Array.isArray(value)) {
    const list: Serialized = { kind: "list", items: [] };
    seen.set(value, list);
    for (const item of value) list.items.push(serialize(item, seen));
    return list;
  }
  if (isRecord(value)) {
    const record: Serialized = { kind: "record", entries: [] };
    seen.set(value, record);
    for (const key of Object.keys(value)) record.entries.push([key, serializeProperty(value, key, seen)]);
    return record;
  }
  try {
    return { kind: "value", value: structuredClone(value) };
  } catch {
    return unclonable(value);
  }
}

function serializeFields(error: Error, seen: Map<unknown, Serialized>): Serialized {
  const base = baseOf(error);
  const own = toText(errorProperty(errorProperty(error, "constructor"), "name") ?? "");
  const name = errorProperty(error, "name");
  const isNamed = name !== base || own === "";
  const serialized: ErrorFields = {
    base,
    name: toText(isNamed ? name : own),
    message: toText(errorProperty(error, "message")),
    stack: toText(errorProperty(error, "stack")),
    properties: [],
  };
  const result: Serialized = { kind: "error", error: serialized };
  seen.set(error, result);
  for (const key of new Set([...hidden, ...Object.keys(error)])) {
    const descriptor = Object.getOwnPropertyDescriptor(error, key);
    if (descriptor === undefined || ofEveryError.has(key)) continue;
    const { enumerable = false } = descriptor;
    serialized.properties.push({ key, enumerable, value: serializeProperty(error, key, seen) });
  }
  return result;
}

/** Programs can set these properties to any value. */
function toText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return describeThrown(value);
  }
}

function serializeProperty(owner: object, key: string, seen: Map<unknown, Serialized>): Serialized {
  try {
    return serialize(Reflect.get(owner, key), seen);
  } catch {
    return { kind: "value", value: "[a property that cannot be read]" };
  }
}

function baseOf(error: Error): Base {
  for (
    let proto: unknown = Object.getPrototypeOf(error);
    proto !== null;
    proto = Object.getPrototypeOf(proto)
  ) {
    const name: unknown = errorProperty(errorProperty(proto, "constructor"), "name");
    if (bases.includes(name as Base)) return name as Base;
  }
  return "Error";
}

function isRecord(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === null || proto === Object.prototype;
}

/** The value, on the other thread. An error is an instance of its built-in class, with the name of its own class. */
export function deserializeError(serialized: Serialized, seen = new Map<Serialized, unknown>()): unknown {
  if (seen.has(serialized)) return seen.get(serialized);
  switch (serialized.kind) {
    case "error":
      return toError(serialized, seen);
    case "list": {
      const list: unknown[] = [];
      seen.set(serialized, list);
      for (const item of serialized.items) list.push(deserializeError(item, seen));
      return list;
    }
    case "record": {
      const record = {};
      seen.set(serialized, record);
      for (const [key, value] of serialized.entries) define(record, key, deserializeError(value, seen), true);
      return record;
    }
    default:
      return serialized.value;
  }
}

function toError(serialized: Serialized & { kind: "error" }, seen: Map<Serialized, unknown>): Error {
  const { base, name, message, stack, properties } = serialized.error;
  const error = newError(base, message, name);
  seen.set(serialized, error);
  if (error.name !== name) define(error, "name", name, false);
  define(error, "stack", stack, false);
  for (const { key, enumerable, value } of properties)
    define(error, key, deserializeError(value, seen), enumerable);
  return error;
}

function newError(base: Base, message: string, name: string): Error {
  if (base === "DOMException") return new DOMException(message, name);
  if (base === "AggregateError") return new AggregateError([], message);
  // Both threads run on the same platform: a class that exists there exists here.
  if (base === "SuppressedError") return new SuppressedError(undefined, undefined, message);
  return new { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError }[base](
    message,
  );
}

function define(owner: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(owner, key, { value, enumerable, writable: true, configurable: true });
}
