/** @throws TypeError or RangeError that says what was given and what is allowed */
export function checkTimeout(value: unknown): asserts value is number {
  if (typeof value !== "number") {
    throw new TypeError(`timeout must be a number of milliseconds, not ${describe(value)}`);
  }
  if (!(value > 0)) {
    throw new RangeError(`timeout must be more than 0 milliseconds, or Infinity for no limit, not ${value}`);
  }
}

/** @throws TypeError or RangeError that says what was given and what is allowed */
export function checkAttempt(value: unknown): asserts value is number | undefined {
  if (value === undefined) return;
  if (typeof value !== "number") throw new TypeError(`attempt must be a number, not ${describe(value)}`);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`attempt must be a whole number from 1, not ${value}`);
  }
}

/** @throws TypeError or RangeError that says what was given and what is allowed */
export function checkMaxBytes(value: unknown): asserts value is number | undefined {
  if (value === undefined || value === Number.POSITIVE_INFINITY) return;
  if (typeof value !== "number") throw new TypeError(`maxBytes must be a number, not ${describe(value)}`);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`maxBytes must be a whole number from 1, or Infinity for no limit, not ${value}`);
  }
}

/** @throws TypeError or RangeError that says what was given and what is allowed */
export function checkKeepAliveThreshold(value: unknown): asserts value is number | undefined {
  if (value === undefined) return;
  if (typeof value !== "number") {
    throw new TypeError(`keepAliveTimeoutThreshold must be a number of milliseconds, not ${describe(value)}`);
  }
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`keepAliveTimeoutThreshold must be milliseconds from 0, not ${value}`);
  }
}

/** @throws TypeError for what is no signal */
export function checkSignal(value: unknown): asserts value is AbortSignal | undefined {
  if (value !== undefined && !(value instanceof AbortSignal)) {
    throw new TypeError(`signal must be an AbortSignal, not ${describe(value)}`);
  }
}

/** @throws TypeError for what is no function */
export function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") {
    throw new TypeError(`${name} must be a function, not ${describe(value)}`);
  }
}

/**
 * What kind of thing a value is. Never the value of a string: it may be a secret that stands in the wrong
 * place.
 */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value === "" ? "an empty string" : "a string";
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : "an object";
    case "undefined":
      return "undefined";
    default:
      return `${typeof value} ${String(value)}`;
  }
}
