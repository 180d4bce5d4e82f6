import type { AnsweredEmbedding, EmbeddingResponse } from "@llx/embeddings";
import type { JsonResponse } from "@llx/http";

interface Body {
  readonly embeddings: readonly AnsweredEmbedding[];
  readonly usage: { readonly input_tokens: number } | null;
}

/** Reads a response of Isaacus. Any part may be missing or wrong: the engine checks vectors and usage. */
export function readResponse({ body, requestId, rateLimits }: JsonResponse): EmbeddingResponse {
  const { embeddings, usage } = (body ?? {}) as Partial<Body>;
  return { embeddings, body, usage: { inputTokens: usage?.input_tokens }, requestId, rateLimits };
}
