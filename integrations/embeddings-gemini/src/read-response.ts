import type { EmbeddingResponse } from "@llx/embeddings";
import type { JsonResponse } from "@llx/http";
import { normalized } from "./normalized.ts";

// https://ai.google.dev/api/embeddings#v1beta.BatchEmbedContentsResponse: in the order of the request.
interface Answer {
  readonly embeddings: readonly ({ readonly values: readonly number[] } | undefined)[];
  readonly usageMetadata: { readonly promptTokenCount: number } | null;
}

/**
 * Reads a response of Gemini. Any part may be missing or wrong: the engine checks vectors and usage.
 *
 * @param normalizes whether to normalise its vectors
 */
export function readResponse(
  { body, requestId, rateLimits }: JsonResponse,
  normalizes: boolean,
): EmbeddingResponse {
  const { embeddings: received, usageMetadata } = (body ?? {}) as Partial<Answer>;
  const embeddings = Array.isArray(received)
    ? (received as Answer["embeddings"]).map((each) => {
        const values = each?.values as readonly number[];
        return { embedding: normalizes ? normalized(values) : values };
      })
    : undefined;
  return { embeddings, body, usage: { inputTokens: usageMetadata?.promptTokenCount }, requestId, rateLimits };
}
