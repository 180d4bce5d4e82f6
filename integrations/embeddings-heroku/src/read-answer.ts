import type { EmbeddingResponse } from "@llx/embeddings";
import { type JsonResponse, MalformedResponseError } from "@llx/http";

interface Answer {
  data: { index: number; embedding: number[] }[];
  model?: string;
  usage?: { prompt_tokens?: number; total_tokens?: number };
}

/** Reads Heroku's answer. */
export function readAnswer({ body, status, requestId }: JsonResponse): EmbeddingResponse {
  const { data, model, usage } = (body ?? {}) as Partial<Answer>;
  if (!Array.isArray(data) || !data.every((item) => Array.isArray(item?.embedding))) {
    throw new MalformedResponseError("Heroku answered without a list of embeddings in `data`", {
      provider: "Heroku",
      status,
      requestId,
      retryable: false,
    });
  }
  return {
    embeddings: data,
    usage: usage && { inputTokens: usage.prompt_tokens, totalTokens: usage.total_tokens },
    model,
    requestId,
  };
}
