// The whole public surface.
export { ollamaEmbedding, type OllamaEmbeddingOptions } from "./ollama-embedding.ts";
