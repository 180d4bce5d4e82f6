import type { EmbeddingCapabilities, EmbeddingLimits } from "@llx/embeddings";

/** A model of OpenAI, as documented. */
interface KnownModel {
  /** Numbers in an embedding, by default. */
  readonly dimensions: number;
  /** Whether a request may ask for fewer. */
  readonly isVariable: boolean;
  readonly tokensPerInput: number;
}

const knownModels: Readonly<Record<string, KnownModel>> = {
  "text-embedding-3-small": { dimensions: 1536, isVariable: true, tokensPerInput: 8192 },
  "text-embedding-3-large": { dimensions: 3072, isVariable: true, tokensPerInput: 8192 },
  "text-embedding-ada-002": { dimensions: 1536, isVariable: false, tokensPerInput: 8192 },
};

/** What is assumed of a model: numbers in an embedding, and the limits of a request. */
export interface AssumedModel {
  readonly dimensions: number | undefined;
  /** What a request may ask for. */
  readonly offered?: Partial<EmbeddingCapabilities>;
  readonly limits: EmbeddingLimits;
}

/**
 * What is known of a model of OpenAI. Other servers use its names for their own models: of those, and of models that
 * are not known, only the limits of a request are assumed.
 *
 * @param isOwn whether OpenAI serves it
 * @param asked how many numbers an embedding should have
 * @throws TypeError for dimensions that the model cannot be asked for
 */
export function assumedModel(model: string, isOwn: boolean, asked: number | undefined): AssumedModel {
  const request = { inputs: 2048, tokens: 300_000 };
  const known = isOwn && Object.hasOwn(knownModels, model) ? knownModels[model] : undefined;
  if (known === undefined) return { dimensions: asked, limits: request };
  const { dimensions, isVariable, tokensPerInput } = known;
  if (asked !== undefined && !isVariable) {
    throw new TypeError(`${model} always has ${dimensions} dimensions; omit the option dimensions`);
  }
  return {
    dimensions: asked ?? dimensions,
    offered: isVariable ? { maxDimensions: dimensions } : { dimensions: [dimensions] },
    limits: { ...request, tokensPerInput },
  };
}
