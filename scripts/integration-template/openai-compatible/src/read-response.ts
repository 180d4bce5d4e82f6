import type { AnsweredEmbedding, EmbeddingResponse } from "@llx/embeddings";
import type { JsonResponse } from "@llx/http";

interface Answer {
  readonly data: readonly AnsweredEmbedding[];
  readonly model: unknown;
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number } | null;
}

/** Reads a response of Sample Provider. Any part may be missing or wrong: the engine checks vectors and usage. */
export function readResponse({ body, requestId, rateLimits }: JsonResponse): EmbeddingResponse {
  const { data, model, usage } = (body ?? {}) as Partial<Answer>;
  return {
    embeddings: data,
    body,
    usage: { inputTokens: usage?.prompt_tokens, totalTokens: usage?.total_tokens },
    model: typeof model === "string" ? model : undefined,
    requestId,
    rateLimits,
  };
}
