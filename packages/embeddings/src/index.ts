// The whole public surface. An addition needs a reason.
export { createEmbeddingModel } from "./create-embedding-model.ts";
export type {
  EmbedBatchOptions,
  Embedding,
  EmbeddingBatch,
  EmbeddingLimits,
  EmbeddingModel,
  EmbedOptions,
  InputType,
} from "./embedding-model.ts";
export type {
  EmbeddingModelOptions,
  EmbeddingProvider,
  EmbeddingRequest,
  EmbeddingResponse,
} from "./embedding-provider.ts";
export { EmbeddingResponseError } from "./place-embeddings.ts";
export { similarity, type SimilarityMode } from "./similarity.ts";
export { type Match, topK } from "./top-k.ts";
