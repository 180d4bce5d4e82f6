import type { EmbeddingLimits } from "@llx/embeddings";

/** A model of Voyage, as documented. */
export interface KnownModel {
  /** Numbers in an embedding: its own first, then the others to choose from. */
  readonly dimensions: readonly [number, ...number[]];
  /** Whether it returns anything but floats. */
  readonly quantizes: boolean;
  readonly limits: EmbeddingLimits;
  /** The limit of the first usage tier. */
  readonly tokensPerMinute: number;
}

// Of all models: https://docs.voyageai.com/reference/embeddings-api, and `maxItems` of `input` in
// https://www.mongodb.com/docs/api/doc/atlas-embedding-and-reranking-api/operation/operation-createembedding
const inputs = 1000;

/** Of a model that is not known: no model is documented with fewer tokens per request. */
export const leastLimits: EmbeddingLimits = { inputs, tokens: 120_000 };

/** With dimensions to choose from, and quantized: https://docs.voyageai.com/reference/embeddings-api. */
function flexible(tokens: number, tokensPerMinute: number): KnownModel {
  const limits = { inputs, tokensPerInput: 32_000, tokens };
  return { dimensions: [1024, 256, 512, 2048], quantizes: true, limits, tokensPerMinute };
}

function fixed(dimensions: number, tokensPerInput: number): KnownModel {
  const limits = { ...leastLimits, tokensPerInput };
  return { dimensions: [dimensions], quantizes: false, limits, tokensPerMinute: 3_000_000 };
}

/**
 * Tokens per request: https://docs.voyageai.com/reference/embeddings-api; of `voyage-code-4`
 * https://www.mongodb.com/docs/voyageai/models/text-embeddings/, of `voyage-code-2` voyageai@0.4.0. Tokens per text and
 * dimensions: https://www.mongodb.com/docs/voyageai/models/. Tokens per minute:
 * https://www.mongodb.com/docs/voyageai/management/rate-limits/.
 */
const knownModels: Readonly<Record<string, KnownModel>> = {
  "voyage-4-large": flexible(120_000, 3_000_000),
  "voyage-4": flexible(320_000, 8_000_000),
  "voyage-4-lite": flexible(1_000_000, 16_000_000),
  "voyage-code-4": flexible(320_000, 8_000_000),
  "voyage-3-large": flexible(120_000, 3_000_000),
  "voyage-3.5": flexible(320_000, 8_000_000),
  "voyage-3.5-lite": flexible(1_000_000, 16_000_000),
  "voyage-code-3": flexible(120_000, 3_000_000),
  "voyage-finance-2": fixed(1024, 32_000),
  "voyage-law-2": fixed(1024, 16_000),
  "voyage-code-2": fixed(1536, 16_000),
};

/** What is documented of a model; `undefined` if it is not known. */
export function knownModel(model: string): KnownModel | undefined {
  return Object.hasOwn(knownModels, model) ? knownModels[model] : undefined;
}
