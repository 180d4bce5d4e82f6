import type { FakeAsk } from "@llx/embeddings/testing";

/** Why a request is refused; names the field. */
export class RefusedRequest extends Error {
  override readonly name = "RefusedRequest";
}

interface Served {
  readonly model: string;
  readonly dimensions: number;
}

const mostTexts = 2048;
const mostTokensOfText = 8192;
const mostTokens = 300_000;
const encodings = ["float", "base64"] as const;
const fields = ["model", "input", "dimensions", "encoding_format", "user"] as const;

/** A rule instead of a tokenizer: one token per four characters, rounded up. */
export function fakeTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/**
 * Checks each field of a request as the documents of OpenAI say.
 *
 * @throws RefusedRequest for the first invalid field
 */
export function readFields(body: unknown, served: Served): FakeAsk {
  if (typeof body !== "object" || body === null || Array.isArray(body)) refuse("the body must be an object");
  const request = body as Partial<Record<(typeof fields)[number], unknown>>;
  const unknown = Object.keys(request).find((name) => !(fields as readonly string[]).includes(name));
  if (unknown !== undefined) refuse(`there is no field ${unknown}`);
  if (request.model !== served.model) refuse(`model must be ${served.model}`);
  const { encoding_format: encoding = "float" } = request;
  if (!encodings.some((each) => each === encoding)) {
    refuse(`encoding_format must be one of ${encodings.join(", ")}`);
  }
  return {
    texts: readInput(request.input),
    dimensions: readDimensions(request.dimensions, served.dimensions),
    elementType: "float",
    encoding: encoding === "base64" ? "base64" : "json",
  };
}

function readInput(input: unknown): string[] {
  const texts: unknown = typeof input === "string" ? [input] : input;
  if (!Array.isArray(texts)) return refuse("input must be a string or an array of strings");
  if (texts.length < 1 || texts.length > mostTexts) {
    refuse(`input must have 1 to ${mostTexts} texts, not ${texts.length}`);
  }
  const read = texts.map((text: unknown, index) => {
    if (typeof text !== "string") return refuse(`input[${index}] must be a string`);
    if (text === "") return refuse(`input[${index}] is empty`);
    if (fakeTokens(text) > mostTokensOfText)
      refuse(`input[${index}] has more than ${mostTokensOfText} tokens`);
    return text;
  });
  const tokens = read.reduce((sum, text) => sum + fakeTokens(text), 0);
  if (tokens > mostTokens) refuse(`input has ${tokens} tokens, at most ${mostTokens} are allowed`);
  return read;
}

function readDimensions(asked: unknown, most: number): number {
  if (asked === undefined) return most;
  if (typeof asked === "number" && Number.isInteger(asked) && asked >= 1 && asked <= most) return asked;
  return refuse(`dimensions must be a whole number from 1 to ${most}`);
}

function refuse(problem: string): never {
  throw new RefusedRequest(problem);
}
