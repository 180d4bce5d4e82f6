import type { RankedText, RerankResponse } from "@llx/embeddings/rerank";
import type { JsonResponse } from "@llx/http";

interface Answer {
  readonly results: readonly RankedText[];
  readonly usage: { readonly input_tokens: number } | null;
}

/** Reads a response of Isaacus's reranker. Any part may be missing or wrong: the engine checks it. */
export function readRanking({ body, requestId, rateLimits }: JsonResponse): RerankResponse {
  const { results, usage } = (body ?? {}) as Partial<Answer>;
  return { results, body, usage: { inputTokens: usage?.input_tokens }, requestId, rateLimits };
}
