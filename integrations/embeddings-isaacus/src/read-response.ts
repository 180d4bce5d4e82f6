import type { AnsweredEmbedding, EmbeddingResponse } from "@llx/embeddings";
import type { JsonResponse } from "@llx/http";

interface Answer {
  readonly embeddings: readonly AnsweredEmbedding[];
  readonly usage: { readonly input_tokens: number } | null;
}

/** Reads the answer of Isaacus. All of it may be missing or wrong: the engine checks vectors and usage. */
export function readResponse({ body, requestId, rateLimits }: JsonResponse): EmbeddingResponse {
  const { embeddings, usage } = (body ?? {}) as Partial<Answer>;
  return { embeddings, body, usage: { inputTokens: usage?.input_tokens }, requestId, rateLimits };
}
