/** What Cohere documents of a model. */
interface KnownModel {
  /** The numbers of dimensions to choose from, with the default first. */
  readonly dimensions: readonly [number, ...number[]];
  /** The context length. The service cuts a longer text, or refuses it, as the request says. */
  readonly tokensPerInput: number;
}

/**
 * The models in https://docs.cohere.com/docs/cohere-embed (those of version 2 are retired). What is not known of others
 * is left to the service.
 */
export const knownModels: Readonly<Record<string, KnownModel | undefined>> = {
  // "128k": the smaller number of those that it may mean.
  "embed-v4.0": { dimensions: [1536, 1024, 512, 256], tokensPerInput: 128_000 },
  "embed-english-v3.0": { dimensions: [1024], tokensPerInput: 512 },
  "embed-english-light-v3.0": { dimensions: [384], tokensPerInput: 512 },
  "embed-multilingual-v3.0": { dimensions: [1024], tokensPerInput: 512 },
  "embed-multilingual-light-v3.0": { dimensions: [384], tokensPerInput: 512 },
};
