import type { EmbeddingResponse } from "@llx/embeddings";
import type { AiSdkEmbedResult } from "./ai-sdk-embedding-model.ts";

/** Reads an answer; the engine checks it. */
export function readResult({ embeddings, usage, response }: AiSdkEmbedResult): EmbeddingResponse {
  const { data, model } = (response?.body ?? {}) as { data?: unknown; model?: unknown };
  const places = placesIn(data, embeddings?.length);
  return {
    embeddings: embeddings?.map((embedding, at) => ({ index: places?.[at] ?? at, embedding })),
    usage: usage && { inputTokens: usage.tokens, totalTokens: usage.tokens },
    model: typeof model === "string" ? model : undefined,
    requestId: response?.headers?.["x-request-id"],
  };
}

/**
 * The places of the texts, where the service's own answer tells them in the form of OpenAI: providers of the SDK
 * take the vectors as they come, and services may send them in another order. Some leave out a place that is 0.
 */
function placesIn(data: unknown, count: number): (number | undefined)[] | undefined {
  if (!Array.isArray(data) || data.length !== count) return undefined;
  return data.map((item: { index?: number } | null) => item?.index);
}
