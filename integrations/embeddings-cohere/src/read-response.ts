import type { ElementType, EmbeddingResponse } from "@llx/embeddings";
import type { JsonResponse } from "@llx/http";

interface Answer {
  /** A list for each requested type, in the order of the texts. */
  readonly embeddings: Partial<Record<ElementType, readonly (readonly number[])[]>> | null;
  readonly meta: { readonly billed_units?: { readonly input_tokens?: number } | null } | null;
}

/** Reads a response of Cohere. Any part may be missing or wrong: the engine checks vectors and usage. */
export function readResponse(
  { body, requestId, rateLimits }: JsonResponse,
  elementType: ElementType,
): EmbeddingResponse {
  const { embeddings, meta } = (body ?? {}) as Partial<Answer>;
  const list = embeddings?.[elementType];
  return {
    embeddings: Array.isArray(list) ? list.map((embedding: readonly number[]) => ({ embedding })) : undefined,
    body,
    usage: { inputTokens: meta?.billed_units?.input_tokens },
    requestId,
    rateLimits,
  };
}
