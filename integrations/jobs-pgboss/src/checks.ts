/** @throws TypeError or RangeError that says what was given and what is allowed */
export function checkCount(
  name: string,
  value: unknown,
  least = 1,
  most = Number.POSITIVE_INFINITY,
): asserts value is number {
  if (typeof value !== "number") throw new TypeError(`${name} must be a number, not ${describe(value)}`);
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    const limit = Number.isFinite(most) ? ` to ${most}` : "";
    throw new RangeError(`${name} must be a whole number from ${least}${limit}, not ${value}`);
  }
}

/** @throws TypeError or RangeError that says what was given and what is allowed */
export function checkMilliseconds(
  name: string,
  value: unknown,
  most: number = Number.POSITIVE_INFINITY,
): asserts value is number {
  if (typeof value !== "number") {
    throw new TypeError(`${name} must be a number of milliseconds, not ${describe(value)}`);
  }
  if (!(value >= 0 && value <= most)) {
    const limit = Number.isFinite(most) ? ` to ${most}` : "";
    throw new RangeError(`${name} must be from 0${limit} milliseconds, not ${value}`);
  }
}

/** @throws TypeError for what is no object of options */
export function checkOptions(value: unknown): asserts value is object {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`options must be an object, not ${describe(value)}`);
  }
}

/** @throws TypeError for what is no signal */
export function checkSignal(value: unknown): asserts value is AbortSignal | undefined {
  if (value !== undefined && !(value instanceof AbortSignal)) {
    throw new TypeError(`signal must be an AbortSignal, not ${describe(value)}`);
  }
}

/** What a value is, without what it holds. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "object":
      return value === null ? "null" : `an object (${value.constructor?.name ?? "no class"})`;
    case "function":
      return "a function";
    case "undefined":
      return "undefined";
    case "string":
      return "a string";
    default:
      return `${typeof value} ${String(value)}`;
  }
}

/** Marks an error of a value that stays wrong: another attempt would not help. */
export function final<E extends Error>(error: E): E {
  return Object.assign(error, { retryable: false });
}
