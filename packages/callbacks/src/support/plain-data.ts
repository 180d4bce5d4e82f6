/** Beyond so many levels, a value is more likely a mistake than something that somebody reads. */
const deepest = 100;
/** What holds others, in one value: where parts are shared, a small value may unfold to a large one. */
const mostHolders = 100_000;

/**
 * What JSON can hold, and threads can send each other: vectors become lists of numbers, maps and sets lists, errors their
 * words, and what says by `toJSON` what it is, that. What stands inside itself ends there, and what cannot be written says
 * so in its place. It never throws.
 */
export function plainData(value: unknown): unknown {
  return new Writer().write(value, []);
}

/** The facts of a payload as plain data; the content stays out. */
export function plainFacts(payload: object): Record<string, unknown> {
  return new Writer().fields(payload, [payload], "content");
}

/** What was thrown, in words; anything can be thrown. */
export function describeError(error: unknown): { name: string; message: string } {
  const words = (value: unknown): string => attempt(() => String(value), "[cannot be read]");
  const message = attempt(
    () => (isObject(error) && "message" in error ? error.message : undefined),
    undefined,
  );
  if (message === undefined) return { name: typeof error, message: words(error) };
  const name = attempt(() => (error as { name?: unknown }).name ?? "Error", "Error");
  return { name: words(name), message: words(message) };
}

class Writer {
  #left = mostHolders;

  write(value: unknown, above: readonly object[]): unknown {
    switch (typeof value) {
      case "bigint":
        return `${value}n`;
      case "symbol":
        return String(value);
      case "function":
        return undefined;
      case "object":
        return value === null ? null : attempt(() => this.#writeObject(value, above), "[cannot be read]");
      default:
        return value;
    }
  }

  fields(value: object, inside: readonly object[], without?: string): Record<string, unknown> {
    const keys = attempt(() => Object.keys(value), []).filter((key) => key !== without);
    const read = (key: string): unknown => (value as Readonly<Record<string, unknown>>)[key];
    return Object.fromEntries(
      keys.map((key) => [key, attempt(() => this.write(read(key), inside), "[cannot be read]")]),
    );
  }

  #writeObject(value: object, above: readonly object[]): unknown {
    if (above.includes(value)) return "[circular]";
    if (above.length === deepest) return `[deeper than ${deepest} levels]`;
    if (this.#left-- <= 0) return "[too large]";
    if (ArrayBuffer.isView(value)) {
      return Array.from(value as Uint8Array, (each: number | bigint) =>
        typeof each === "bigint" ? `${each}n` : each,
      );
    }
    if (value instanceof Error) return describeError(value);
    const inside = [...above, value];
    if ("toJSON" in value && typeof value.toJSON === "function") return this.write(value.toJSON(), inside);
    const items =
      Array.isArray(value) || value instanceof Set || value instanceof Map ? [...value] : undefined;
    return items ? items.map((each) => this.write(each, inside)) : this.fields(value, inside);
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Getters, proxies and methods of others may throw. */
function attempt<T, U>(read: () => T, otherwise: U): T | U {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
