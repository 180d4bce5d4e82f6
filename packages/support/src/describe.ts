/** A value as an error message shows it: its kind, and the value itself where it is short. Not for secrets. */
export function describe(value: unknown): string {
  return typeof value === "string" ? `the string ${JSON.stringify(value.slice(0, 40))}` : describeKind(value);
}

/** The kind of a value. Never the content of a string or an object: it may be a secret passed by mistake. */
export function describeKind(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value === "" ? "an empty string" : "a string";
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : `an object (${className(value)})`;
    case "undefined":
      return "undefined";
    default:
      return `${typeof value} ${String(value)}`;
  }
}

/** A thrown value as a message shows it. Anything can be thrown, also a value that throws when it is read. */
export function describeThrown(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown) : describe(thrown);
  } catch {
    return "a value that cannot be read";
  }
}

function className(value: object): string {
  const { constructor } = value as { constructor?: { name?: unknown } };
  return typeof constructor?.name === "string" && constructor.name !== "" ? constructor.name : "no class";
}
