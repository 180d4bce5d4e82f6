import type { EmbeddingProvider } from "@llx/embeddings";

const minute = 60_000;

/** The models that Heroku documents. Those of others are known from their responses. */
export const knownModels: Readonly<
  Record<string, Pick<EmbeddingProvider, "dimensions" | "limits" | "rateLimits"> | undefined>
> = {
  "cohere-embed-multilingual": {
    dimensions: 1024,
    limits: { inputs: 96, charactersPerInput: 2048 },
    rateLimits: {
      requests: { limit: 500, interval: minute },
      tokens: { limit: 800_000, interval: minute },
    },
  },
};
