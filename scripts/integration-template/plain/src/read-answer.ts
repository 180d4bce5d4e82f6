import type { EmbeddingResponse } from "@llx/embeddings";
import { type JsonResponse, MalformedResponseError } from "@llx/http";

// Fill in: the form of an answer. The engine checks vectors and usage.
interface Answer {
  readonly vectors: readonly { readonly place: number; readonly values: readonly number[] }[];
  readonly usage: { readonly tokens?: number } | null;
}

/**
 * Reads the answer of Sample Provider.
 *
 * @throws MalformedResponseError for what is no list of vectors, which another try would not mend
 */
export function readAnswer({ body, status, requestId, rateLimits }: JsonResponse): EmbeddingResponse {
  const { vectors, usage } = (body ?? {}) as Partial<Answer>;
  if (!Array.isArray(vectors)) {
    throw new MalformedResponseError("Sample Provider answered without a list of `vectors`", {
      provider: "Sample Provider",
      status,
      requestId,
      rateLimits,
      retryable: false,
    });
  }
  const embeddings = vectors.map((vector) => ({ index: vector.place, embedding: vector.values }));
  return { embeddings, usage: { inputTokens: usage?.tokens }, requestId, rateLimits };
}
