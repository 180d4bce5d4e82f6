import {
  checkOptionNames,
  createReranker,
  type Reranker,
  type RerankerOptions,
} from "@llx/embeddings/rerank";
import { connect, type IsaacusConnection, provider } from "./connect.ts";
import { readRanking } from "./read-ranking.ts";

const scoringMethods = ["auto", "chunk_max", "chunk_avg", "chunk_min"] as const;

/** How the scores of a text's chunks become its score. `auto` is `chunk_max` today. */
export type IsaacusScoringMethod = (typeof scoringMethods)[number];

/** How a text is split into chunks, each of which has a score. */
export interface IsaacusChunking {
  /** Tokens of a chunk, from 1. */
  readonly size?: number | undefined;
  /** Part of a chunk that the next one repeats: from 0, and less than 1. */
  readonly overlapRatio?: number | undefined;
  /** Tokens of a chunk that the next one repeats, from 0. */
  readonly overlapTokens?: number | undefined;
}

/** The options of all rerankers, and those of Isaacus. */
export interface IsaacusRerankerOptions extends RerankerOptions, IsaacusConnection {
  /**
   * The model.
   *
   * @default "kanon-2-reranker"
   */
  readonly model?: string | undefined;
  /**
   * Whether queries are in the Isaacus Query Language. Such a query can cost very many tokens: do not accept it from
   * users whom you do not trust.
   *
   * @default false
   */
  readonly isIql?: boolean | undefined;
  /** @default "auto" */
  readonly scoringMethod?: IsaacusScoringMethod | undefined;
  /** @default as the service chooses */
  readonly chunking?: IsaacusChunking | undefined;
}

/** Options that not every provider has. */
const ownOptions = [
  "apiKey",
  "baseUrl",
  "model",
  "isIql",
  "scoringMethod",
  "chunking",
  "headers",
  "dispatcher",
  "proxy",
] satisfies (keyof IsaacusRerankerOptions)[];

/**
 * A reranker of legal texts by Isaacus. It reads a text of any length in chunks.
 *
 * @throws TypeError or RangeError for a missing key, an invalid address, and other invalid options
 * @see https://docs.isaacus.com/api-reference/rerankings/reranking
 */
export function isaacusReranker(options: IsaacusRerankerOptions = {}): Reranker {
  checkOptionNames(options, ownOptions);
  const { model = "kanon-2-reranker", isIql, scoringMethod, chunking } = options;
  if (scoringMethod !== undefined && !scoringMethods.includes(scoringMethod)) {
    throw new TypeError(`scoringMethod must be one of ${scoringMethods.join(", ")}`);
  }
  if (isIql !== undefined && typeof isIql !== "boolean") throw new TypeError("isIql must be true or false");
  const chunking_options = chunking && chunkingOptions(chunking);
  const { http, url, headers } = connect(options, "/rerankings");
  return createReranker(
    {
      provider,
      model,
      // None are documented, but for a query, which may have as many tokens as the model reads, whose number is not.
      limits: {},
      options: ownOptions,
      async rerank({ query, texts, topN }, attempt) {
        const body = {
          model,
          query,
          texts,
          top_n: topN,
          is_iql: isIql,
          scoring_method: scoringMethod,
          chunking_options,
        };
        return readRanking(await http.postJson(url, body, { ...attempt, headers }));
      },
      aclose: () => http.aclose(),
    },
    options,
  );
}

/** In the words of the service. */
function chunkingOptions({ size, overlapRatio, overlapTokens, ...others }: IsaacusChunking): object {
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) {
    throw new TypeError(
      `there is no option chunking.${unknown}; there are size, overlapRatio, overlapTokens`,
    );
  }
  checkNumber("size", size, Number.isSafeInteger(size) && size! >= 1, "a whole number from 1");
  const isRatio = overlapRatio !== undefined && overlapRatio >= 0 && overlapRatio < 1;
  checkNumber("overlapRatio", overlapRatio, isRatio, "at least 0 and less than 1");
  const isCount = Number.isSafeInteger(overlapTokens) && overlapTokens! >= 0;
  checkNumber("overlapTokens", overlapTokens, isCount, "a whole number from 0");
  return { size, overlap_ratio: overlapRatio, overlap_tokens: overlapTokens };
}

/** @throws RangeError for a value that is not good, or absent */
function checkNumber(name: string, value: number | undefined, isGood: boolean, allowed: string): void {
  if (value !== undefined && !isGood) {
    throw new RangeError(`chunking.${name} must be ${allowed}, not ${String(value)}`);
  }
}
