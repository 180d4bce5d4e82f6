import { isObject } from "@llx/support";

/** A value with more levels is more likely a mistake than something a person reads. */
const deepest = 100;
/** The most objects written for one value: with shared parts, a small value may unfold to a large one. */
const mostObjects = 100_000;

/**
 * A copy that JSON can hold and threads can exchange: vectors become arrays of numbers, maps and sets arrays, errors their
 * name and message, and an object with `toJSON` its result. A cycle ends where it closes, and a value that cannot be written is
 * replaced by a note. It never throws.
 */
export function plainData(value: unknown): unknown {
  return new Writer().write(value, []);
}

/** The facts of a payload as plain data; the content stays out. */
export function plainFacts(payload: object): Record<string, unknown> {
  return new Writer().fields(payload, [payload], "content");
}

/** The name and message of what was thrown; any value can be thrown. */
export function describeError(error: unknown): { name: string; message: string } {
  const textOf = (value: unknown): string => attempt(() => String(value), "[cannot be read]");
  const message = attempt(
    () => (isObject(error) && "message" in error ? error.message : undefined),
    undefined,
  );
  if (message === undefined) return { name: typeof error, message: textOf(error) };
  const name = attempt(() => (error as { name?: unknown }).name ?? "Error", "Error");
  return { name: textOf(name), message: textOf(message) };
}

class Writer {
  #left = mostObjects;

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

/** Getters, proxies and methods of foreign objects may throw. */
function attempt<T, U>(read: () => T, otherwise: U): T | U {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
