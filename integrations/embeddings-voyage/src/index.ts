// The whole public surface.
export { voyageEmbedding, type VoyageEmbeddingOptions } from "./voyage-embedding.ts";
