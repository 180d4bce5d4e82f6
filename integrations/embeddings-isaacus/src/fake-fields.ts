import type { FakeAsk } from "@llx/embeddings/testing";

/** Why a request is refused; names the field. */
export class RefusedRequest extends Error {
  override readonly name = "RefusedRequest";
}

/** Tokens in one text. */
export const mostTokens = 16_384;

interface Served {
  readonly model: string;
  readonly dimensions: number;
}

/** Documented for one model only. */
const dimensionsToChoose: Readonly<Record<string, readonly number[] | undefined>> = {
  "kanon-2-embedder": [1792, 1024, 768, 512, 256],
};
const tasks = ["retrieval/query", "retrieval/document"] as const;
const overflowStrategies = ["drop_end"] as const;
const fields = ["model", "texts", "task", "overflow_strategy", "dimensions"] as const;

/** A rule instead of a tokenizer: one token per four characters, rounded up. */
export function fakeTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/**
 * Checks each field of a request as the OpenAPI document of Isaacus says.
 *
 * @throws RefusedRequest for the first invalid field
 */
export function readFields(body: unknown, served: Served): FakeAsk {
  if (typeof body !== "object" || body === null || Array.isArray(body)) refuse("The body must be an object.");
  const request = body as Partial<Record<(typeof fields)[number], unknown>>;
  const unknown = Object.keys(request).find((name) => !(fields as readonly string[]).includes(name));
  if (unknown !== undefined) refuse(`There is no field ${unknown}.`);
  if (request.model !== served.model) refuse(`model must be ${served.model}.`);
  readChoice("task", request.task, tasks, null);
  const overflow = readChoice("overflow_strategy", request.overflow_strategy, overflowStrategies, "drop_end");
  const asked = readDimensions(request.dimensions, served);
  const texts = readTexts(request.texts);
  const long = texts.findIndex((text) => fakeTokens(text) > mostTokens);
  if (overflow === null && long !== -1) refuse(`texts[${long}] has more than ${mostTokens} tokens.`);
  return { texts, dimensions: asked, elementType: "float", encoding: "json" };
}

function readDimensions(value: unknown, { model, dimensions }: Served): number {
  const toChoose = dimensionsToChoose[model];
  if (toChoose !== undefined) return readChoice("dimensions", value, toChoose, null) ?? dimensions;
  if (value === undefined || value === null) return dimensions;
  return typeof value === "number" ? value : refuse("dimensions must be a number.");
}

function readTexts(given: unknown): string[] {
  const texts: unknown = typeof given === "string" ? [given] : given;
  if (!Array.isArray(texts)) return refuse("texts must be a string or an array of strings.");
  if (texts.length < 1 || texts.length > 128) refuse(`texts must have 1 to 128 texts, not ${texts.length}.`);
  return texts.map((text: unknown, index) => {
    if (typeof text !== "string") return refuse(`texts[${index}] must be a string.`);
    if (text.trim() === "") refuse(`texts[${index}] is blank.`);
    return text;
  });
}

function readChoice<T extends string | number>(
  name: string,
  value: unknown,
  allowed: readonly T[],
  byDefault: T | null,
): T | null {
  if (value === undefined) return byDefault;
  if (value === null) return null;
  return allowed.find((each) => each === value) ?? refuse(`${name} must be one of ${allowed.join(", ")}.`);
}

function refuse(problem: string): never {
  throw new RefusedRequest(problem);
}
