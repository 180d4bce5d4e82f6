// The whole public surface.
export { geminiEmbedding, type GeminiEmbeddingOptions } from "./gemini-embedding.ts";
