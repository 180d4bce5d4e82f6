// The whole public surface.
export { bedrockEmbedding, type BedrockEmbeddingOptions } from "./bedrock-embedding.ts";
