import type { AnsweredEmbedding, EmbeddingResponse } from "../contract/embedding-provider.ts";

interface Body {
  readonly data: readonly AnsweredEmbedding[];
  readonly model: unknown;
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number } | null;
}

/**
 * Reads a response in OpenAI's form, which many services use: `{ data: [{ index, embedding }], model, usage }`. Any part
 * may be missing or wrong: the engine checks vectors and usage.
 *
 * @param response what `HttpClient.postJson` of `@llx/http` returns
 */
export function readOpenaiResponse(
  response: Pick<EmbeddingResponse, "body" | "requestId" | "rateLimits">,
): EmbeddingResponse {
  const { data: embeddings, model, usage } = (response.body ?? {}) as Partial<Body>;
  return {
    ...response,
    embeddings,
    usage: { inputTokens: usage?.prompt_tokens, totalTokens: usage?.total_tokens },
    model: typeof model === "string" ? model : undefined,
  };
}
