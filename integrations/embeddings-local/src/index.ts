// The whole public surface.
export { localEmbedding, type LocalEmbeddingOptions } from "./local-embedding.ts";
