import type { EmbeddingResponse } from "@llx/embeddings";
import { type JsonResponse, MalformedResponseError } from "@llx/http";

interface Answer {
  /** The engine checks what stands in it. */
  readonly embeddings: EmbeddingResponse["embeddings"];
  readonly usage: { readonly input_tokens?: unknown } | null;
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
  const tokens = usage?.input_tokens;
  const isCount = typeof tokens === "number" && Number.isSafeInteger(tokens) && tokens >= 0;
  return { embeddings, usage: isCount ? { inputTokens: tokens } : undefined, requestId, rateLimits };
}
