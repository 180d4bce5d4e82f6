import type { EmbeddingResponse } from "@llx/embeddings";
import { type JsonResponse, MalformedResponseError } from "@llx/http";

/** The engine checks vectors and usage. */
interface Answer {
  readonly data: EmbeddingResponse["embeddings"];
  readonly model: unknown;
  readonly usage: { readonly prompt_tokens?: number; readonly total_tokens?: number } | null;
}

/**
 * Reads the answer of Sample Provider.
 *
 * @throws MalformedResponseError for what is no list of embeddings, which another try would not mend
 */
export function readAnswer({ body, status, requestId, rateLimits }: JsonResponse): EmbeddingResponse {
  const { data, model, usage } = (body ?? {}) as Partial<Answer>;
  if (!Array.isArray(data)) {
    throw new MalformedResponseError("Sample Provider answered without a list of embeddings in `data`", {
      provider: "Sample Provider",
      status,
      requestId,
      rateLimits,
      retryable: false,
    });
  }
  return {
    embeddings: data,
    usage: { inputTokens: usage?.prompt_tokens, totalTokens: usage?.total_tokens },
    model: typeof model === "string" ? model : undefined,
    requestId,
    rateLimits,
  };
}
