import type { EmbeddingResponse } from "@llx/embeddings";
import { type JsonResponse, MalformedResponseError } from "@llx/http";

interface Answer {
  /** The engine checks what stands in it. */
  readonly data: EmbeddingResponse["embeddings"];
  readonly model: unknown;
  readonly usage: { readonly prompt_tokens?: unknown; readonly total_tokens?: unknown } | null;
}

/**
 * Reads Heroku's answer.
 *
 * @throws MalformedResponseError for what is no list of embeddings, which another try would not mend
 */
export function readAnswer({ body, status, requestId, rateLimits }: JsonResponse): EmbeddingResponse {
  const { data, model, usage } = (body ?? {}) as Partial<Answer>;
  if (!Array.isArray(data)) {
    throw new MalformedResponseError("Heroku answered without a list of embeddings in `data`", {
      provider: "Heroku",
      status,
      requestId,
      rateLimits,
      retryable: false,
    });
  }
  return {
    embeddings: data,
    usage: usage
      ? { inputTokens: count(usage.prompt_tokens), totalTokens: count(usage.total_tokens) }
      : undefined,
    model: typeof model === "string" ? model : undefined,
    requestId,
    rateLimits,
  };
}

/** A number of tokens; what is none is not known. */
function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
