import type { InputType } from "@llx/embeddings";
import type { AiSdkEmbeddingModel } from "./ai-sdk-embedding-model.ts";

/** The option of an AI SDK provider for the input type. */
export interface InputTypeOption {
  /** Names under which the provider accepts its options: the first one given counts; every version knows the last. */
  readonly keys: readonly string[];
  readonly name: string;
  /** The provider's name for each input type that it distinguishes. */
  readonly values: Readonly<Partial<Record<InputType, string>>>;
}

const cohere = {
  name: "inputType",
  values: {
    document: "search_document",
    query: "search_query",
    classification: "classification",
    clustering: "clustering",
  },
};
const google = {
  name: "taskType",
  values: {
    document: "RETRIEVAL_DOCUMENT",
    query: "RETRIEVAL_QUERY",
    classification: "CLASSIFICATION",
    clustering: "CLUSTERING",
  },
};
const voyage = { name: "inputType", values: { document: "document", query: "query" } };
const nova = {
  name: "embeddingPurpose",
  values: {
    document: "GENERIC_INDEX",
    query: "TEXT_RETRIEVAL",
    classification: "CLASSIFICATION",
    clustering: "CLUSTERING",
  },
};
const bedrock = ["amazonBedrock", "bedrock"];

/**
 * By provider and model, as the SDK names them; `null` where all texts are embedded alike. Google's second generation of
 * models is not included: it ignores `taskType` and expects the task in the text.
 */
const known: readonly (readonly [RegExp, InputTypeOption | null])[] = [
  [/^(cohere\.textEmbedding|gateway\/cohere)\//, { keys: ["cohere"], ...cohere }],
  [/^(voyage\.embedding|gateway\/voyage)\//, { keys: ["voyage"], ...voyage }],
  [/^(google\.generative-ai|gateway\/google)\/(?!gemini-embedding-2)/, { keys: ["google"], ...google }],
  [
    /^google\.vertex\.embedding\/(?!gemini-embedding-2)/,
    { keys: ["googleVertex", "vertex", "google"], ...google },
  ],
  [/^amazon-bedrock\/.*cohere\.embed-/, { keys: bedrock, ...cohere }],
  [/^amazon-bedrock\/.*amazon\.nova-/, { keys: bedrock, ...nova }],
  [/^(amazon-bedrock\/.*amazon\.titan-|gateway\/(amazon\/titan-|mistral\/|openai\/))/, null],
  [/^(openai\.embedding|azure(-openai)?\.embeddings|mistral\.embedding)\//, null],
];

/** The option of a model; `null` where it embeds all texts alike, `undefined` where that is unknown. */
export function inputTypeOptionOf({
  provider,
  modelId,
}: Pick<AiSdkEmbeddingModel, "provider" | "modelId">): InputTypeOption | null | undefined {
  return known.find(([pattern]) => pattern.test(`${provider}/${modelId}`))?.[1];
}
