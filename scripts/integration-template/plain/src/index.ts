// The whole public surface.
export { sampleProviderEmbedding, type SampleProviderEmbeddingOptions } from "./sample-provider-embedding.ts";
