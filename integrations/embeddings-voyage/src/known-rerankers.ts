import type { RerankLimits } from "@llx/embeddings/rerank";

/** A reranker of Voyage, as documented. */
interface KnownReranker extends RerankLimits {
  /** The limit of the first usage tier, where it is documented. */
  readonly tokensPerMinute?: number | undefined;
}

// Of all models: https://docs.voyageai.com/reference/reranker-api
const inputs = 1000;

/**
 * Tokens of a query, of a query and a text, and of a request: https://docs.voyageai.com/reference/reranker-api and
 * https://docs.voyageai.com/docs/faq. Tokens per minute: https://docs.voyageai.com/docs/rate-limits, which does not have
 * the newer ones.
 */
function documented(
  tokensPerQuery: number,
  tokensPerPair: number,
  tokens: number,
  tokensPerMinute?: number,
): KnownReranker {
  return { inputs, tokensPerQuery, tokensPerPair, tokens, tokensPerMinute };
}

/** https://blog.voyageai.com/2026/09/30/rerank-3/, which does not state the tokens of a request. */
const third: KnownReranker = { inputs, tokensPerQuery: 8000, tokensPerPair: 32_000 };

const knownRerankers: Readonly<Record<string, KnownReranker>> = {
  "rerank-3": third,
  "rerank-3-lite": third,
  "rerank-2.5": documented(8000, 32_000, 600_000),
  "rerank-2.5-lite": documented(8000, 32_000, 600_000),
  "rerank-2": documented(4000, 16_000, 600_000, 2_000_000),
  "rerank-2-lite": documented(2000, 8000, 600_000, 4_000_000),
  "rerank-1": documented(2000, 8000, 300_000, 2_000_000),
  "rerank-lite-1": documented(1000, 4000, 300_000, 4_000_000),
};

/** What is documented of a reranker. Of one that is not known, only the number of texts. */
export function knownReranker(model: string): KnownReranker {
  return Object.hasOwn(knownRerankers, model) ? knownRerankers[model]! : { inputs };
}
