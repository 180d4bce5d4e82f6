import {
  checkOptionNames,
  createReranker,
  type Reranker,
  type RerankerOptions,
} from "@llx/embeddings/rerank";
import { connect, provider, type VoyageConnection } from "./connect.ts";
import { knownReranker } from "./known-rerankers.ts";
import { readRanking } from "./read-ranking.ts";

/** The options of all rerankers, and those of Voyage. */
export interface VoyageRerankerOptions extends RerankerOptions, VoyageConnection {
  /**
   * The model.
   *
   * @default "rerank-2.5"
   */
  readonly model?: string | undefined;
}

const minute = 60_000;

/** Options that not every provider has. */
const ownOptions = [
  "apiKey",
  "baseUrl",
  "model",
  "headers",
  "dispatcher",
  "proxy",
] satisfies (keyof VoyageRerankerOptions)[];

/**
 * A reranker by Voyage AI, with a key of Voyage or of MongoDB Atlas.
 *
 * @throws TypeError or RangeError for a missing key, an invalid address, and other invalid options
 * @see https://docs.voyageai.com/reference/reranker-api
 */
export function voyageReranker(options: VoyageRerankerOptions = {}): Reranker {
  checkOptionNames(options, ownOptions);
  const { http, url, headers } = connect(options, "/rerank");
  const { model = "rerank-2.5" } = options;
  const { tokensPerMinute, ...limits } = knownReranker(model);
  return createReranker(
    {
      provider,
      model,
      limits,
      truncation: "onRequest",
      // Of the first usage tier, for the models on this page: https://docs.voyageai.com/docs/rate-limits
      rateLimits:
        tokensPerMinute === undefined
          ? undefined
          : {
              requests: { limit: 2000, interval: minute },
              tokens: { limit: tokensPerMinute, interval: minute },
            },
      options: ownOptions,
      async rerank({ query, texts, topN, truncate }, attempt) {
        // Without `truncation`, what is too long is cut silently.
        const body = { model, query, documents: texts, top_k: topN, truncation: truncate };
        return readRanking(await http.postJson(url, body, { ...attempt, headers }));
      },
      aclose: () => http.aclose(),
    },
    options,
  );
}
