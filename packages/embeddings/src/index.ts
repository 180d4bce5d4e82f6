// The whole public surface. An addition needs a reason.
export type { SettleOption } from "@llx/async";
export { CacheError, type CacheOptions, type CacheStore } from "./cache-options.ts";
export { coalesce, type CoalesceOptions } from "./coalesce.ts";
export { createEmbeddingModel } from "./create-embedding-model.ts";
export type { AnyEmbedding, ElementType, Embedding, EmbeddingOf } from "./element-type.ts";
export { EmbeddingBatchError } from "./embedding-batch-error.ts";
export type { EmbeddingLimits } from "./embedding-limits.ts";
export type {
  CloseOptions,
  EmbedBatchOptions,
  EmbeddedText,
  EmbeddingBatch,
  EmbeddingCapabilities,
  EmbeddingFailure,
  EmbeddingModel,
  EmbedOptions,
  EmbedStreamOptions,
  EmbedTextsOptions,
  FailedText,
  InputType,
  SettledEmbeddingBatch,
} from "./embedding-model.ts";
export type { EmbeddingModelOptions } from "./embedding-model-options.ts";
export type {
  AnsweredEmbedding,
  AttemptOptions,
  EmbeddingProvider,
  EmbeddingRequest,
  EmbeddingResponse,
} from "./embedding-provider.ts";
export { EmbeddingResponseError } from "./embedding-response-error.ts";
export { memoryStore, type MemoryStoreOptions } from "./memory-store.ts";
export { meanEmbedding } from "./mean-embedding.ts";
export { parseEmbeddings } from "./parse-embeddings.ts";
export { similarity, type SimilarityMode } from "./similarity.ts";
export { type Match, topK } from "./top-k.ts";
