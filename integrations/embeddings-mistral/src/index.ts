// The whole public surface.
export { mistralEmbedding, type MistralEmbeddingOptions } from "./mistral-embedding.ts";
