import { plainData } from "../support/plain-data.ts";

/** The texts in a prompt or a response: a string, messages, or their parts; `undefined` if there are none. */
export function textsOf(value: unknown): string[] | undefined {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap((part) => textsOf(part) ?? []);
  if (typeof value !== "object" || value === null) return undefined;
  const { content, text } = value as { content?: unknown; text?: unknown };
  return textsOf(content ?? text);
}

/** A message of a prompt, or a part of other content, as a person reads it. */
export interface ReadablePart {
  /** Who says it, or what it is. */
  readonly label: string | undefined;
  readonly text: string;
}

/** The messages of a prompt or a completion, each under its role. */
export function readableMessages(value: unknown): ReadablePart[] {
  if (Array.isArray(value)) return value.flatMap(readableMessages);
  if (typeof value !== "object" || value === null) return [{ label: undefined, text: readableText(value) }];
  const { role, type } = value as { role?: unknown; type?: unknown };
  const label = [role, type].find((each): each is string => typeof each === "string");
  return [{ label: label === "text" ? undefined : label, text: readableText(value) }];
}

/** Any content as text: the texts in it, else as JSON, with the length of a vector in place of its numbers. */
export function readableText(value: unknown): string {
  const texts = textsOf(value);
  if (texts !== undefined && texts.length > 0) return texts.join("\n");
  return JSON.stringify(plainData(value), shorten) ?? String(value);
}

function shorten(_key: string, value: unknown): unknown {
  const isVector =
    Array.isArray(value) && value.length > 8 && value.every((each) => typeof each === "number");
  return isVector ? `[${value.length} numbers]` : value;
}

/** The text in a chunk of a stream: a string, an object with text, or a delta as OpenAI and Anthropic send it; else none. */
export function chunkText(chunk: unknown): string {
  const texts = textsOf(chunk);
  if (texts !== undefined) return texts.join("");
  if (typeof chunk !== "object" || chunk === null) return "";
  const { delta, choices } = chunk as { readonly delta?: unknown; readonly choices?: unknown };
  const inside: unknown = delta ?? (Array.isArray(choices) ? choices[0] : undefined);
  return inside === undefined ? "" : chunkText(inside);
}
