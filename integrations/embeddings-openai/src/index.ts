// The whole public surface.
export { openaiEmbedding, type OpenaiEmbeddingOptions } from "./openai-embedding.ts";
