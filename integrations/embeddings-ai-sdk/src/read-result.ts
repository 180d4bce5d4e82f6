import type { EmbeddingResponse } from "@llx/embeddings";
import type { AiSdkEmbedResult } from "./ai-sdk-embedding-model.ts";

/** Reads a response; the engine validates it. */
export function readResult({ embeddings, usage, response }: AiSdkEmbedResult): EmbeddingResponse {
  const { data, model } = (response?.body ?? {}) as { data?: unknown; model?: unknown };
  const indices = indicesIn(data, embeddings?.length);
  return {
    embeddings: embeddings?.map((embedding, position) => ({
      index: indices?.[position] ?? position,
      embedding,
    })),
    usage: usage && { inputTokens: usage.tokens, totalTokens: usage.tokens },
    model: typeof model === "string" ? model : undefined,
    requestId: response?.headers?.["x-request-id"],
  };
}

/**
 * The indices of the texts, where the service's own response states them in OpenAI's form: providers of the SDK return
 * the vectors in the order of the response, which may be another one. Some services omit an index that is 0.
 */
function indicesIn(data: unknown, count: number): (number | undefined)[] | undefined {
  if (!Array.isArray(data) || data.length !== count) return undefined;
  return data.map((item: { index?: number } | null) => item?.index);
}
