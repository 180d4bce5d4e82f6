import type { EmbeddingResponse } from "@llx/embeddings";
import type { JsonResponse } from "@llx/http";

// Fill in: the form of a response.
interface Answer {
  readonly vectors: readonly ({ readonly place: number; readonly values: readonly number[] } | null)[];
  readonly usage: { readonly tokens: number } | null;
}

/** Reads a response of Sample Provider. Any part may be missing or wrong: the engine checks vectors and usage. */
export function readResponse({ body, requestId, rateLimits }: JsonResponse): EmbeddingResponse {
  const { vectors, usage } = (body ?? {}) as Partial<Answer>;
  const embeddings = Array.isArray(vectors)
    ? vectors.map((vector) => ({ index: vector?.place, embedding: vector?.values }))
    : undefined;
  return { embeddings, body, usage: { inputTokens: usage?.tokens }, requestId, rateLimits };
}
