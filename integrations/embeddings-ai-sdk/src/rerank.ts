// The whole public surface for rerankers.
export {
  type AiSdkRerankingModelV4,
  type AiSdkRerankOptions,
  type AiSdkRerankResult,
  toAiSdkReranker,
} from "./to-ai-sdk-reranker.ts";
