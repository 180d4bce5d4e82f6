import { likelyKeys } from "@llx/support";

/** What is kept of a payload, so that an event with a thousand texts is still one line. */
const longestText = 2_000;
const mostItems = 50;
const deepest = 6;
const mostCharacters = 20_000;

/** What looks like a key is masked: a message or a text may quote one. */
export function masked(text: string): string {
  let shown = text.length > longestText ? `${text.slice(0, longestText)}… (${text.length} characters)` : text;
  for (const key of likelyKeys(shown)) shown = shown.replaceAll(key, "[redacted]");
  return shown;
}

/**
 * A value as JSON can hold it and a page can show it: long texts and lists are cut, vectors become their length. It never throws.
 */
export function boundedValue(value: unknown): unknown {
  return bounded(value, 0, { left: mostCharacters });
}

function bounded(value: unknown, depth: number, budget: { left: number }): unknown {
  switch (typeof value) {
    case "string": {
      const text = masked(value);
      const kept = text.length <= budget.left ? text : `${text.slice(0, budget.left)}…`;
      budget.left -= kept.length;
      return kept;
    }
    case "number":
      budget.left -= 8;
      // JSON has none of them.
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
    case "undefined":
      return value;
    case "bigint":
      return `${value}n`;
    case "object":
      break;
    default:
      return `[${typeof value}]`;
  }
  if (value === null) return null;
  if (budget.left <= 0) return "[more]";
  try {
    return boundedObject(value, depth, budget);
  } catch {
    // A getter, a proxy or a toJSON of someone else's.
    return "[cannot be read]";
  }
}

function boundedObject(value: object, depth: number, budget: { left: number }): unknown {
  if (ArrayBuffer.isView(value)) return vector(value.constructor.name, (value as Uint8Array).length);
  if (value instanceof Error) return { name: value.name, message: masked(value.message) };
  if (depth >= deepest) return "[deeper]";
  if (value instanceof Map || value instanceof Set) return bounded([...value], depth, budget);
  if ("toJSON" in value && typeof value.toJSON === "function") {
    return bounded(value.toJSON(), depth + 1, budget);
  }
  if (Array.isArray(value)) {
    if (value.length > 8 && value.every((each) => typeof each === "number")) return vector("", value.length);
    const items = value.slice(0, mostItems).map((each) => bounded(each, depth + 1, budget));
    return value.length > mostItems ? [...items, `… ${value.length - mostItems} more`] : items;
  }
  const fields: Record<string, unknown> = {};
  for (const name of Object.keys(value).slice(0, mostItems)) {
    budget.left -= name.length;
    const field: unknown = Reflect.get(value, name);
    fields[name] = bounded(field, depth + 1, budget);
  }
  return fields;
}

const vector = (kind: string, length: number): string =>
  `[${kind === "" ? "" : `${kind} of `}${length} numbers]`;
