// The whole public surface.
export { cohereEmbedding, type CohereEmbeddingOptions } from "./cohere-embedding.ts";
