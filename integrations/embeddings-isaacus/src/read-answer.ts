import type { EmbeddingResponse } from "@llx/embeddings";
import { type JsonResponse, MalformedResponseError } from "@llx/http";

interface Answer {
  embeddings: { index: number; embedding: number[] }[];
  usage: { input_tokens: number };
}

/** Reads the answer of Isaacus. */
export function readAnswer({ body, status, requestId }: JsonResponse): EmbeddingResponse {
  const { embeddings, usage } = (body ?? {}) as Partial<Answer>;
  if (!Array.isArray(embeddings) || !embeddings.every((item) => Array.isArray(item?.embedding))) {
    throw new MalformedResponseError("Isaacus answered without a list of `embeddings`", {
      provider: "Isaacus",
      status,
      requestId,
      retryable: false,
    });
  }
  return { embeddings, usage: usage && { inputTokens: usage.input_tokens }, requestId };
}
