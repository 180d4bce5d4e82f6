import { types } from "node:util";
import { describe } from "@llx/support";

/** What was thrown, in a form that another thread can be sent and that loses less than a plain clone. */
export type Carried =
  | { readonly is: "error"; readonly error: CarriedError }
  | { readonly is: "list"; readonly items: Carried[] }
  | { readonly is: "record"; readonly entries: [string, Carried][] }
  | { readonly is: "value"; readonly value: unknown };

interface CarriedError {
  /** The built-in class that it is, or extends. */
  readonly base: Base;
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly properties: { readonly key: string; readonly enumerable: boolean; readonly value: Carried }[];
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

/** Properties of errors that are not enumerable, but belong to them. */
const hidden = ["cause", "errors", "error", "suppressed"];
const ofEveryError = new Set(["name", "message", "stack"]);

/** What cannot be cloned is carried as words that say so. Errors may stand in each other, also in a circle. */
export function carry(value: unknown, seen = new Map<unknown, Carried>()): Carried {
  const known = seen.get(value);
  if (known !== undefined) return known;
  if (types.isNativeError(value) || value instanceof Error) return carryError(value, seen);
  if (Array.isArray(value)) {
    const list: Carried = { is: "list", items: [] };
    seen.set(value, list);
    for (const item of value) list.items.push(carry(item, seen));
    return list;
  }
  if (isRecord(value)) {
    const record: Carried = { is: "record", entries: [] };
    seen.set(value, record);
    for (const key of Object.keys(value)) record.entries.push([key, carryProperty(value, key, seen)]);
    return record;
  }
  try {
    return { is: "value", value: structuredClone(value) };
  } catch {
    return { is: "value", value: `[${describe(value)}, which cannot be cloned]` };
  }
}

function carryError(error: Error, seen: Map<unknown, Carried>): Carried {
  const base = baseOf(error);
  const own = error.constructor?.name ?? "";
  const isNamed = error.name !== base || own === "";
  const carried: CarriedError = {
    base,
    name: text(isNamed ? error.name : own),
    message: text(error.message),
    stack: text(error.stack),
    properties: [],
  };
  const result: Carried = { is: "error", error: carried };
  seen.set(error, result);
  for (const key of new Set([...hidden, ...Object.keys(error)])) {
    const descriptor = Object.getOwnPropertyDescriptor(error, key);
    if (descriptor === undefined || ofEveryError.has(key)) continue;
    const { enumerable = false } = descriptor;
    carried.properties.push({ key, enumerable, value: carryProperty(error, key, seen) });
  }
  return result;
}

/** Anybody can set anything. */
function text(value: unknown): string {
  return String(value);
}

function carryProperty(owner: object, key: string, seen: Map<unknown, Carried>): Carried {
  try {
    return carry(Reflect.get(owner, key), seen);
  } catch {
    return { is: "value", value: "[a property that cannot be read]" };
  }
}

function baseOf(error: Error): Base {
  for (
    let proto: unknown = Object.getPrototypeOf(error);
    proto !== null;
    proto = Object.getPrototypeOf(proto)
  ) {
    const name: unknown = (proto as Error).constructor?.name;
    if (bases.includes(name as Base)) return name as Base;
  }
  return "Error";
}

function isRecord(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === null || proto === Object.prototype;
}

/** The value again, on the other thread. An error is of its built-in class, and has the name of its own one. */
export function uncarry(carried: Carried, seen = new Map<Carried, unknown>()): unknown {
  if (seen.has(carried)) return seen.get(carried);
  switch (carried.is) {
    case "error":
      return uncarryError(carried, seen);
    case "list": {
      const list: unknown[] = [];
      seen.set(carried, list);
      for (const item of carried.items) list.push(uncarry(item, seen));
      return list;
    }
    case "record": {
      const record = {};
      seen.set(carried, record);
      for (const [key, value] of carried.entries) define(record, key, uncarry(value, seen), true);
      return record;
    }
    default:
      return carried.value;
  }
}

function uncarryError(carried: Carried & { is: "error" }, seen: Map<Carried, unknown>): Error {
  const { base, name, message, stack, properties } = carried.error;
  const error = make(base, message, name);
  seen.set(carried, error);
  if (error.name !== name) define(error, "name", name, false);
  define(error, "stack", stack, false);
  for (const { key, enumerable, value } of properties) define(error, key, uncarry(value, seen), enumerable);
  return error;
}

function make(base: Base, message: string, name: string): Error {
  if (base === "DOMException") return new DOMException(message, name);
  if (base === "AggregateError") return new AggregateError([], message);
  // Both sides are the same platform: what is there is here.
  if (base === "SuppressedError") return new SuppressedError(undefined, undefined, message);
  return new { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError }[base](
    message,
  );
}

function define(owner: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(owner, key, { value, enumerable, writable: true, configurable: true });
}
