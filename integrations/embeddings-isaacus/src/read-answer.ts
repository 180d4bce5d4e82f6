import type { EmbeddingResponse } from "@llx/embeddings";
import { type JsonResponse, MalformedResponseError } from "@llx/http";

/** The engine checks vectors and usage. */
interface Answer {
  readonly embeddings: EmbeddingResponse["embeddings"];
  readonly usage: { readonly input_tokens?: number } | null;
}

/**
 * Reads the answer of Isaacus.
 *
 * @throws MalformedResponseError for what is no list of embeddings, which another try would not mend
 */
export function readAnswer({ body, status, requestId, rateLimits }: JsonResponse): EmbeddingResponse {
  const { embeddings, usage } = (body ?? {}) as Partial<Answer>;
  if (!Array.isArray(embeddings)) {
    throw new MalformedResponseError("Isaacus answered without a list of `embeddings`", {
      provider: "Isaacus",
      status,
      requestId,
      rateLimits,
      retryable: false,
    });
  }
  return { embeddings, usage: { inputTokens: usage?.input_tokens }, requestId, rateLimits };
}
