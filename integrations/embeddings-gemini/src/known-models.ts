import type { InputType } from "@llx/embeddings";

/** A model of Gemini, as documented. */
export interface KnownModel {
  /** Numbers in an embedding by default, and at most. */
  readonly dimensions: number;
  readonly tokensPerInput: number;
  /** What is written before a text to say what it is embedded for; without it, that is sent as `taskType`. */
  readonly prefixes?: Readonly<Record<InputType, string>>;
  /** Whether it refuses a text that is too long if it must not be cut. */
  readonly refusesLongTexts: boolean;
  /** Whether embeddings with fewer than the default dimensions have length 1. */
  readonly normalizes: boolean;
}

// https://ai.google.dev/api/embeddings#v1beta.TaskType
export const taskTypes: Readonly<Record<InputType, string>> = {
  document: "RETRIEVAL_DOCUMENT",
  query: "RETRIEVAL_QUERY",
  classification: "CLASSIFICATION",
  clustering: "CLUSTERING",
};

// https://ai.google.dev/gemini-api/docs/models/gemini-embedding-001: 2,048 tokens, 128 to 3,072 dimensions.
// https://ai.google.dev/gemini-api/docs/embeddings: task types, and which embeddings are normalised.
const first: KnownModel = {
  dimensions: 3072,
  tokensPerInput: 2048,
  refusesLongTexts: false,
  normalizes: false,
};

// https://ai.google.dev/gemini-api/docs/models/gemini-embedding-2: 8,192 tokens, 128 to 3,072 dimensions.
// https://ai.google.dev/gemini-api/docs/embeddings#gemini-embedding-2: prefixes; it normalises all embeddings itself.
const second: KnownModel = {
  dimensions: 3072,
  tokensPerInput: 8192,
  prefixes: {
    document: "title: none | text: ",
    query: "task: search result | query: ",
    classification: "task: classification | query: ",
    clustering: "task: clustering | query: ",
  },
  refusesLongTexts: true,
  normalizes: true,
};

export const knownModels: Readonly<Record<string, KnownModel>> = {
  "gemini-embedding-001": first,
  "gemini-embedding-2": second,
  "gemini-embedding-2-preview": second,
};
