import type { FakeAsk } from "@llx/embeddings/testing";

/** Why a request is refused; names the field. */
export class RefusedRequest extends Error {
  override readonly name = "RefusedRequest";
}

interface Served {
  readonly model: string;
  readonly dimensions: number;
}

const inputTypes = ["search_document", "search_query", "classification", "clustering"] as const;
const elementTypes = ["float", "int8", "uint8", "binary", "ubinary"] as const;
const encodings = ["raw", "base64"] as const;
const fields = [
  "model",
  "input",
  "input_type",
  "encoding_format",
  "embedding_type",
  "allow_ignored_params",
] as const;

/**
 * Checks each field of a request as Heroku's documents say.
 *
 * @throws RefusedRequest for the first invalid field
 */
export function readFields(body: unknown, served: Served): FakeAsk {
  if (typeof body !== "object" || body === null || Array.isArray(body)) refuse("the body must be an object");
  const request = body as Partial<Record<(typeof fields)[number], unknown>>;
  const { allow_ignored_params: lax = false } = request;
  if (typeof lax !== "boolean") refuse("allow_ignored_params must be true or false");
  const unknown = Object.keys(request).find((name) => !(fields as readonly string[]).includes(name));
  if (unknown !== undefined && !lax) refuse(`unsupported parameter: ${unknown}`);
  if (request.model !== served.model) refuse(`model must be ${served.model}`);
  readEnum("input_type", request.input_type, inputTypes, "search_document");
  const encoding = readEnum("encoding_format", request.encoding_format, encodings, "raw");
  return {
    texts: readInput(request.input, served.model),
    dimensions: served.dimensions,
    elementType: readEnum("embedding_type", request.embedding_type, elementTypes, "float"),
    encoding: encoding === "raw" ? "json" : encoding,
  };
}

/** The length of a text is documented for one model only. */
const longestTexts: Readonly<Record<string, number | undefined>> = { "cohere-embed-multilingual": 2048 };

function readInput(input: unknown, model: string): string[] {
  const most = longestTexts[model] ?? Infinity;
  const texts: unknown = typeof input === "string" ? [input] : input;
  if (!Array.isArray(texts)) return refuse("input must be a string or an array of strings");
  if (texts.length < 1 || texts.length > 96) refuse(`input must have 1 to 96 strings, not ${texts.length}`);
  return texts.map((text: unknown, index) => {
    if (typeof text !== "string") return refuse(`input[${index}] must be a string`);
    if (text.trim() === "") refuse(`input[${index}] is blank`);
    if (text.length > most)
      refuse(`input[${index}] has ${text.length} characters, at most ${most} are allowed`);
    return text;
  });
}

function readEnum<T extends string>(name: string, value: unknown, allowed: readonly T[], byDefault: T): T {
  if (value === undefined) return byDefault;
  return allowed.find((each) => each === value) ?? refuse(`${name} must be one of ${allowed.join(", ")}`);
}

function refuse(problem: string): never {
  throw new RefusedRequest(problem);
}
