// The whole public surface. An addition needs a reason.
export { checkOptionNames } from "./rerank/check-reranker.ts";
export { createReranker } from "./rerank/create-reranker.ts";
export type { RerankLimits } from "./rerank/rerank-limits.ts";
export type { RerankProvider, RerankRequest, RerankResponse } from "./rerank/rerank-provider.ts";
export { RerankResponseError } from "./rerank/rerank-response-error.ts";
export type {
  RankedText,
  Reranker,
  Reranking,
  RerankOptions,
  RerankTruncation,
  RerankUsage,
} from "./rerank/reranker.ts";
export type { RerankerOptions } from "./rerank/reranker-options.ts";
