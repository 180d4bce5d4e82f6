/** A value as an error message shows it: its kind, and the first 40 characters of a string. Not for secrets. Never throws. */
export function describe(value: unknown): string {
  return typeof value === "string" ? `the string ${JSON.stringify(value.slice(0, 40))}` : describeKind(value);
}

/** The kind of a value. Never the content of a string or an object: it may be a secret passed by mistake. Never throws. */
export function describeKind(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value === "" ? "an empty string" : "a string";
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : describeObject(value);
    case "undefined":
      return "undefined";
    default:
      return `${typeof value} ${String(value)}`;
  }
}

/** A thrown value as a message shows it. Anything can be thrown, even a value that throws when it is read. Never throws. */
export function describeThrown(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown) : describe(thrown);
  } catch {
    return "a value that cannot be read";
  }
}

function describeObject(value: object): string {
  const name = className(value);
  return name === "Promise" ? "a promise that is not awaited" : `an object (${name})`;
}

function className(value: object): string {
  try {
    const { constructor, [Symbol.toStringTag]: tag } = value as {
      constructor?: { name?: unknown };
      [Symbol.toStringTag]?: unknown;
    };
    // Generators have no constructor.
    const name = constructor?.name || tag;
    return typeof name === "string" && name !== "" ? name : "no class";
  } catch {
    // A getter or a proxy that throws.
    return "unreadable";
  }
}
