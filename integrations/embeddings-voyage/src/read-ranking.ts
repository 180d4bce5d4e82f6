import type { RerankResponse } from "@llx/embeddings/rerank";
import type { JsonResponse } from "@llx/http";

interface Item {
  readonly index: number;
  readonly relevance_score: number;
}

interface Answer {
  readonly data: readonly (Item | null)[] | null;
  readonly usage: { readonly total_tokens: number } | null;
}

/** Reads a response of Voyage's reranker. Any part may be missing or wrong: the engine checks it. */
export function readRanking({ body, requestId, rateLimits }: JsonResponse): RerankResponse {
  const { data, usage } = (body ?? {}) as Partial<Answer>;
  return {
    results: Array.isArray(data)
      ? data.map((item: Item | null) => ({
          index: item?.index as number,
          score: item?.relevance_score as number,
        }))
      : undefined,
    body,
    usage: { totalTokens: usage?.total_tokens },
    requestId,
    rateLimits,
  };
}
