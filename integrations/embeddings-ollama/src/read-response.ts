import type { EmbeddingResponse } from "@llx/embeddings";
import type { JsonResponse } from "@llx/http";

interface Body {
  readonly model: string;
  /** In the order of the texts. */
  readonly embeddings: readonly (readonly number[])[];
  /** Absent if it is 0. */
  readonly prompt_eval_count: number;
}

/** Reads a response of Ollama. Any part may be missing or wrong: the engine checks vectors and usage. */
export function readResponse({ body, requestId, rateLimits }: JsonResponse): EmbeddingResponse {
  const { model, embeddings: vectors, prompt_eval_count: inputTokens } = (body ?? {}) as Partial<Body>;
  const embeddings = Array.isArray(vectors)
    ? (vectors as Body["embeddings"]).map((embedding) => ({ embedding }))
    : undefined;
  return { embeddings, body, model, usage: { inputTokens }, requestId, rateLimits };
}
