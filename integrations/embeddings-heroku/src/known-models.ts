import type { EmbeddingProvider } from "@llx/embeddings";

const minute = 60_000;

/** What Heroku's documents tell of a model. Of others, its answers tell. */
export const knownModels: Readonly<
  Record<string, Pick<EmbeddingProvider, "dimensions" | "rateLimits"> | undefined>
> = {
  "cohere-embed-multilingual": {
    dimensions: 1024,
    rateLimits: {
      requests: { limit: 500, interval: minute },
      tokens: { limit: 800_000, interval: minute },
    },
  },
};
