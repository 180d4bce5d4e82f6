import type { Reranker } from "@llx/embeddings/rerank";
import { type AiSdkWarning, warnUnused } from "./warn-unused.ts";

/** The argument of `doRerank` of an AI SDK model. */
export interface AiSdkRerankOptions {
  documents: { type: "text"; values: string[] } | { type: "object"; values: object[] };
  query: string;
  topN?: number | undefined;
  abortSignal?: AbortSignal | undefined;
  providerOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
  headers?: Readonly<Record<string, string | undefined>> | undefined;
}

/** The result of `doRerank` of an AI SDK model. */
export interface AiSdkRerankResult {
  ranking: { index: number; relevanceScore: number }[];
  warnings: AiSdkWarning[];
  response: { id?: string; modelId: string };
}

/**
 * A reranking model of version v4 of the AI SDK. It is declared here because CommonJS cannot import the SDK's types.
 */
export interface AiSdkRerankingModelV4 {
  readonly specificationVersion: "v4";
  readonly provider: string;
  readonly modelId: string;
  doRerank(options: AiSdkRerankOptions): Promise<AiSdkRerankResult>;
}

/**
 * A reranker of `@llx/embeddings` for `rerank` of the Vercel AI SDK. The reranker retries; its errors are passed on
 * unchanged, and the SDK does not retry. Documents that are objects are ranked as their JSON.
 *
 * @throws TypeError for other values than a reranker
 */
export function toAiSdkReranker(reranker: Reranker): AiSdkRerankingModelV4 {
  if (typeof reranker?.rerank !== "function") {
    throw new TypeError("toAiSdkReranker needs a reranker of @llx/embeddings/rerank");
  }
  const { provider, model: modelId } = reranker;
  return {
    specificationVersion: "v4",
    provider,
    modelId,
    async doRerank({ documents, query, topN, abortSignal, headers, providerOptions }) {
      const texts =
        documents.type === "text" ? documents.values : documents.values.map((value) => JSON.stringify(value));
      const { results, requestId } = await reranker.rerank(query, texts, { topN, signal: abortSignal });
      return {
        ranking: results.map(({ index, score }) => ({ index, relevanceScore: score })),
        warnings: warnUnused({ headers, providerOptions }),
        response: { ...(requestId !== undefined && { id: requestId }), modelId },
      };
    },
  };
}
