import type { RerankResponse } from "@llx/embeddings/rerank";
import type { JsonResponse } from "@llx/http";

interface Item {
  readonly index: number;
  readonly relevance_score: number;
}

interface Answer {
  readonly results: readonly (Item | null)[] | null;
  readonly meta: { readonly billed_units?: { readonly search_units?: number } | null } | null;
}

/** Reads a response of Cohere's reranker. Any part may be missing or wrong: the engine checks it. */
export function readRanking({ body, requestId, rateLimits }: JsonResponse): RerankResponse {
  const { results, meta } = (body ?? {}) as Partial<Answer>;
  return {
    results: Array.isArray(results)
      ? results.map((item: Item | null) => ({
          index: item?.index as number,
          score: item?.relevance_score as number,
        }))
      : undefined,
    body,
    usage: { searchUnits: meta?.billed_units?.search_units },
    requestId,
    rateLimits,
  };
}
