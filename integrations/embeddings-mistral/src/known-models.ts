/** A model of Mistral, as documented. */
export interface KnownModel {
  /** Numbers in an embedding, by default. */
  readonly dimensions: number;
  /** The most that a request may ask for, if it may ask. */
  readonly maxDimensions?: number | undefined;
}

// https://docs.mistral.ai/capabilities/embeddings/text_embeddings; asked for a number of dimensions, it responds "This model
// does not support output_dimension" (tried in https://github.com/garrytan/gbrain, src/core/ai/recipes/mistral.ts).
const mistralEmbed: KnownModel = { dimensions: 1024 };
// https://docs.mistral.ai/capabilities/embeddings/code_embeddings
const codestralEmbed: KnownModel = { dimensions: 1536, maxDimensions: 3072 };

const knownModels: Readonly<Record<string, KnownModel>> = {
  "mistral-embed": mistralEmbed,
  "mistral-embed-2312": mistralEmbed,
  "codestral-embed": codestralEmbed,
  "codestral-embed-2505": codestralEmbed,
};

/**
 * What is documented of a model; `undefined` if it is not known.
 *
 * @throws TypeError for dimensions that a known model cannot be asked for
 */
export function knownModel(model: string, dimensions: number | undefined): KnownModel | undefined {
  const known = Object.hasOwn(knownModels, model) ? knownModels[model] : undefined;
  if (known === undefined || dimensions === undefined) return known;
  if (known.maxDimensions === undefined) {
    throw new TypeError(`${model} always has ${known.dimensions} dimensions; omit the option dimensions`);
  }
  return known;
}
