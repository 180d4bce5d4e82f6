/** @throws TypeError or RangeError that says what was given and what is allowed */
export function checkCount(name: string, value: unknown, least = 1): asserts value is number {
  if (typeof value !== "number") {
    throw new TypeError(`${name} must be a number, not ${describe(value)}`);
  }
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name} must be a whole number from ${least}, not ${value}`);
  }
}

/** @throws TypeError or RangeError that says what was given and what is allowed */
export function checkMilliseconds(name: string, value: unknown): asserts value is number {
  if (typeof value !== "number") {
    throw new TypeError(`${name} must be a number of milliseconds, not ${describe(value)}`);
  }
  if (!(value >= 0)) throw new RangeError(`${name} must be 0 or more milliseconds, not ${value}`);
}

/** @throws TypeError or RangeError that says what was given and what is allowed */
export function checkTimeout(name: string, value: unknown): asserts value is number {
  checkMilliseconds(name, value);
  if (value === 0)
    throw new RangeError(`${name} must be more than 0 milliseconds; leave it out for no limit`);
}

/** @throws TypeError for what is no signal */
export function checkSignal(value: unknown): asserts value is AbortSignal | undefined {
  if (value !== undefined && !(value instanceof AbortSignal)) {
    throw new TypeError(`signal must be an AbortSignal, not ${describe(value)}`);
  }
}

/** @throws TypeError for what is no function */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== "function") throw new TypeError(`${name} must be a function, not ${describe(value)}`);
}

/**
 * @param names options that others call otherwise, and what they are called here
 * @throws TypeError for one of them, which would be passed over in silence
 */
export function checkForeignNames(options: object, names: Readonly<Record<string, string>>): void {
  for (const [foreign, ours] of Object.entries(names)) {
    if (foreign in options) throw new TypeError(`there is no option ${foreign}; ${ours}`);
  }
}

/** A value as an error message shows it: its kind, and itself where it is short. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `the string ${JSON.stringify(value.slice(0, 40))}`;
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : `an object (${value.constructor?.name ?? "no class"})`;
    case "undefined":
      return "undefined";
    default:
      return `${typeof value} ${String(value)}`;
  }
}

/** What was thrown, as a message shows it; anything can be thrown, also what throws when it is looked at. */
export function wordsOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown) : describe(thrown);
  } catch {
    return "something that cannot be read";
  }
}
