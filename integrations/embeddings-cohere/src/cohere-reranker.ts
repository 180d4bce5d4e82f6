import {
  checkOptionNames,
  createReranker,
  type Reranker,
  type RerankerOptions,
} from "@llx/embeddings/rerank";
import { type CohereConnection, connect, provider } from "./connect.ts";
import { readRanking } from "./read-ranking.ts";

/** The options of all rerankers, and those of Cohere. */
export interface CohereRerankerOptions extends RerankerOptions, CohereConnection {
  /** Cohere cuts a query or a text that is too long, and cannot be told not to: `true` accepts that. */
  readonly truncate: true;
  /**
   * The model.
   *
   * @default "rerank-v4.0-pro"
   */
  readonly model?: string | undefined;
  /**
   * Tokens of a text after which it is cut.
   *
   * @default 4096
   */
  readonly maxTokensPerText?: number | undefined;
  /**
   * A lower number is handled earlier when the service is under load, and is the least likely to be dropped.
   *
   * @default 0
   */
  readonly priority?: number | undefined;
}

/** Tokens of a query, by model; then it is cut: https://docs.cohere.com/docs/reranking-best-practices */
const tokensPerQuery: Readonly<Record<string, number | undefined>> = {
  "rerank-v4.0-pro": 16_384,
  "rerank-v4.0-fast": 16_384,
  "rerank-v3.5": 2_048,
  "rerank-english-v3.0": 2_048,
  "rerank-multilingual-v3.0": 2_048,
};

/** Options that not every provider has. */
const ownOptions = [
  "apiKey",
  "baseUrl",
  "model",
  "maxTokensPerText",
  "priority",
  "headers",
  "dispatcher",
  "proxy",
] satisfies (keyof CohereRerankerOptions)[];

/**
 * A reranker by Cohere.
 *
 * @throws TypeError or RangeError for a missing key, an invalid address, and other invalid options
 * @see https://docs.cohere.com/reference/rerank
 */
export function cohereReranker(options: CohereRerankerOptions): Reranker {
  checkOptionNames(options, ownOptions);
  const { model = "rerank-v4.0-pro", maxTokensPerText, priority } = options;
  checkWhole("maxTokensPerText", maxTokensPerText, 1);
  checkWhole("priority", priority, 0);
  const { http, url, headers } = connect(options, "/v2/rerank");
  return createReranker(
    {
      provider,
      model,
      limits: {
        // The most that is documented; 1,000 are recommended: https://docs.cohere.com/docs/reranking-best-practices
        inputs: 10_000,
        tokensPerQuery: Object.hasOwn(tokensPerQuery, model) ? tokensPerQuery[model] : undefined,
        // The default of `max_tokens_per_doc`: https://docs.cohere.com/reference/rerank
        tokensPerInput: maxTokensPerText ?? 4096,
      },
      truncation: "always",
      // Of a production key; a trial key has 10: https://docs.cohere.com/docs/rate-limits
      rateLimits: { requests: { limit: 1000, interval: 60_000 } },
      options: ownOptions,
      async rerank({ query, texts, topN }, attempt) {
        const body = {
          model,
          query,
          documents: texts,
          top_n: topN,
          max_tokens_per_doc: maxTokensPerText,
          priority,
        };
        return readRanking(await http.postJson(url, body, { ...attempt, headers }));
      },
      aclose: () => http.aclose(),
    },
    options,
  );
}

/** @throws TypeError or RangeError unless it is a whole number from `least`, or absent */
function checkWhole(name: string, value: unknown, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= least)) return;
  const problem = `${name} must be a whole number from ${least}`;
  throw typeof value === "number"
    ? new RangeError(`${problem}, not ${value}`)
    : new TypeError(`${problem}, not ${value === null ? "null" : `a ${typeof value}`}`);
}
