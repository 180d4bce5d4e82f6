import { describe, describeKind } from "./describe.ts";

/** @throws TypeError or RangeError that states the value given and the values allowed */
export function checkCount(
  name: string,
  value: unknown,
  least = 1,
  most: number = Number.POSITIVE_INFINITY,
): asserts value is number {
  if (typeof value !== "number") throw new TypeError(`${name} must be a number, not ${describe(value)}`);
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    const limit = Number.isFinite(most) ? ` to ${most}` : "";
    throw new RangeError(`${name} must be a whole number from ${least}${limit}, not ${value}`);
  }
}

/** @throws TypeError or RangeError that states the value given and the values allowed */
export function checkMilliseconds(
  name: string,
  value: unknown,
  most: number = Number.POSITIVE_INFINITY,
): asserts value is number {
  if (typeof value !== "number") {
    throw new TypeError(`${name} must be a number of milliseconds, not ${describe(value)}`);
  }
  if (!(value >= 0 && value <= most)) {
    const range = Number.isFinite(most) ? `from 0 to ${most}` : "0 or more";
    throw new RangeError(`${name} must be ${range} milliseconds, not ${value}`);
  }
}

/** @throws TypeError or RangeError that states the value given and the values allowed */
export function checkTimeout(name: string, value: unknown): asserts value is number {
  checkMilliseconds(name, value);
  if (value === 0) throw new RangeError(`${name} must be more than 0 milliseconds; omit it for no limit`);
}

/** @throws TypeError unless it is a signal or `undefined` */
export function checkSignal(value: unknown): asserts value is AbortSignal | undefined {
  if (value !== undefined && !(value instanceof AbortSignal)) {
    const hint = value instanceof AbortController ? ": pass its signal" : "";
    throw new TypeError(`signal must be an AbortSignal, not ${describeKind(value)}${hint}`);
  }
}

/** @throws TypeError unless it is `true`, `false` or `undefined` */
export function checkBoolean(name: string, value: unknown): asserts value is boolean | undefined {
  if (value !== undefined && typeof value !== "boolean") {
    throw new TypeError(`${name} must be true or false, not ${describe(value)}`);
  }
}

/** @throws TypeError unless it is a string or `undefined` */
export function checkString(name: string, value: unknown): asserts value is string | undefined {
  if (value !== undefined && typeof value !== "string") {
    throw new TypeError(`${name} must be a string, not ${describe(value)}`);
  }
}

/** @throws TypeError unless it is a function */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== "function") throw new TypeError(`${name} must be a function, not ${describe(value)}`);
}

/** @throws TypeError unless it is a function that does something when it is called: a generator does nothing until it is iterated */
export function checkWork(name: string, value: unknown): void {
  checkFunction(name, value);
  if (!Object.prototype.toString.call(value).endsWith("GeneratorFunction]")) return;
  throw new TypeError(
    `${name} must be a function that returns its result, not a generator function: nothing would run it`,
  );
}

/** Whether it is of no class. The prototype of another realm's objects has no prototype either. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

interface Tagged {
  readonly [Symbol.toStringTag]?: unknown;
}

/**
 * @param known the names of all options
 * @param name what the error calls them
 * @throws TypeError unless it is an object; also for a list, a signal, an object of a class without any of the options and the
 *   like, which stand where options were meant
 */
export function checkOptions(
  value: unknown,
  known: Readonly<Record<string, true>>,
  name: string,
): asserts value is object {
  const isObject = typeof value === "object" && value !== null;
  const isUntagged = isObject && !Array.isArray(value) && (value as Tagged)[Symbol.toStringTag] === undefined;
  if (isUntagged && (isPlain(value) || Object.keys(known).some((each) => each in value))) return;
  throw new TypeError(`${name} must be ${isObject ? "a plain" : "an"} object, not ${shown(value, known)}`);
}

/** What was given in place of options; of common mistakes, also what was meant. */
function shown(value: unknown, known: Readonly<Record<string, true>>): string {
  if (known["signal"] && value instanceof AbortSignal) return "an AbortSignal: pass it as { signal }";
  // Not shown, as it may be a key.
  const isModel = known["model"] && typeof value === "string";
  return isModel ? 'a string; a model is passed as { model: "…" }' : describeKind(value);
}

/**
 * Checks the shape, because it may come from another copy of `@llx/callbacks`.
 *
 * @throws TypeError unless it is a manager or `undefined`
 */
export function checkManager(manager: { readonly event: unknown } | undefined): void {
  if (manager === undefined || typeof manager?.event === "function") return;
  throw new TypeError(
    `callbackManager must be a CallbackManager, not ${describe(manager)}; ` +
      "wrap a handler in one: new CallbackManager({ handlers: [handler] })",
  );
}
