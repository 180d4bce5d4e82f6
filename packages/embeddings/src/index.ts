// The whole public surface. An addition needs a reason.
export type { SettleOption } from "@llx/async";
export { CacheError, type CacheOptions, type CacheStore } from "./contract/cache-options.ts";
export { coalesce, type CoalesceOptions } from "./coalesce/coalesce.ts";
export { checkOptionNames } from "./model/check-model.ts";
export { createEmbeddingModel } from "./model/create-embedding-model.ts";
export type { AnyEmbedding, ElementType, Embedding, EmbeddingOf } from "./contract/element-type.ts";
export { EmbeddingBatchError } from "./contract/embedding-batch-error.ts";
export type { EmbeddingLimits } from "./contract/embedding-limits.ts";
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
} from "./contract/embedding-model.ts";
export type { Estimate, EstimateOptions } from "./contract/estimate.ts";
export type { EmbeddingModelOptions, TruncateOptions } from "./contract/embedding-model-options.ts";
export type {
  AnsweredEmbedding,
  AttemptOptions,
  EmbeddingProvider,
  EmbeddingRequest,
  EmbeddingResponse,
} from "./contract/embedding-provider.ts";
export { EmbeddingResponseError } from "./contract/embedding-response-error.ts";
export { memoryStore, type MemoryStoreOptions } from "./cache/memory-store.ts";
export { meanEmbedding } from "./vectors/mean-embedding.ts";
export { parseEmbeddings } from "./response/parse-embeddings.ts";
export { readOpenaiResponse } from "./response/read-openai-response.ts";
export type { BudgetReserve, ExpectedUsage, ModelBudget, RequestBudget } from "./contract/request-budget.ts";
export { similarity, type SimilarityMode } from "./vectors/similarity.ts";
export type { Match } from "./vectors/best-matches.ts";
export { topK } from "./vectors/top-k.ts";
export { vectorIndex, type VectorIndex } from "./vectors/vector-index.ts";
