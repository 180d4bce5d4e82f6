import { describeKind, isObject } from "@llx/support";

const reader = "use @llx/embeddings-openai";
/** For servers that also have an address with OpenAI's form. */
const versioned = `${reader}, with a baseUrl that ends with /v1`;

/** Field names that may be shown: others may be texts. */
const knownFields = [
  "data",
  "embeddings",
  "embedding",
  "vectors",
  "predictions",
  "results",
  "result",
  "output",
  "error",
  "errors",
  "message",
  "detail",
  "object",
  "id",
  "model",
  "usage",
] as const;

/**
 * The form of a response without a list of embeddings where the provider expects one, and what reads it, worded to
 * follow "the response is". Never shows a number or a text of it.
 */
export function responseForm(body: unknown): string {
  if (Array.isArray(body)) return formOfList(body);
  if (!isObject(body)) return describeKind(body);
  const { data, embeddings, embedding } = body as Readonly<Record<string, unknown>>;
  if (isListOf(data, hasEmbedding)) return `{ data: [{ embedding }] }, the form of OpenAI: ${reader}`;
  if (isListOf(embeddings, isList))
    return `{ embeddings: [[…]] }, as Ollama has it at /api/embed: ${versioned}`;
  if (isList(embedding)) return `{ embedding: […] }, as Ollama has it at /api/embeddings: ${versioned}`;
  const names = knownFields.filter((name) => Object.hasOwn(body, name));
  return names.length === 0 ? "an object without a known field" : `an object with ${names.join(", ")}`;
}

function formOfList(list: readonly unknown[]): string {
  if (list.length === 0) return "an empty list";
  if (isListOf(list, isList)) return `[[…]], a list of vectors, as TEI has it at /embed: ${versioned}`;
  if (isListOf(list, hasEmbedding)) {
    return `[{ embedding }], a bare list, as llama.cpp has it at /embedding: ${versioned}`;
  }
  return "a list of another form";
}

function isListOf(value: unknown, is: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length > 0 && is(value[0]);
}

function isList(value: unknown): boolean {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

function hasEmbedding(value: unknown): boolean {
  return isObject(value) && "embedding" in value;
}
