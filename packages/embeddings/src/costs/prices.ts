import type { Price } from "@llx/callbacks/usage";

/** When the pages were read. */
const date = "2026-11-29";
const hours = 3_600_000;
const half = 0.5;
/** OpenAI and Gemini promise results within a day, for half the price. */
const within24Hours = (input: number) => ({ input: input * half, window: 24 * hours });
/** Voyage within 12 hours, for a third less: https://docs.voyageai.com/docs/batch-inference. */
const within12Hours = (input: number) => ({ input: input * 0.67, window: 12 * hours });

/** The batch prices are those of https://embeddingcost.com/openai, which reads them from the pricing page. */
const openai = (input: number): Price => ({
  input,
  batch: within24Hours(input),
  source: "https://developers.openai.com/api/docs/models/text-embedding-3-large",
  date,
});

const voyage = (input: number): Price => ({
  input,
  batch: within12Hours(input),
  source: "https://www.mongodb.com/docs/vector-search/crud-embeddings/automated-embedding/models",
  date,
});

/**
 * What embedding models cost: US dollars for 1,000,000 tokens, as the pages named `source` had them on the day named
 * `date`. Prices change, and depend on contract and region: replace what differs for you. A model that is missing has no
 * price that could be cited.
 *
 * @example
 * ```ts
 * import { prices } from "@llx/embeddings/prices";
 * const mine = { ...prices, "text-embedding-3-small": { input: 0.018 }, "my-own-model": { input: 0 } };
 * ```
 */
export const prices: Readonly<Record<string, Price>> = {
  "text-embedding-3-small": openai(0.02),
  "text-embedding-3-large": openai(0.13),
  "text-embedding-ada-002": {
    input: 0.1,
    source: "https://vercel.com/ai-gateway/models/text-embedding-ada-002",
    date,
  },
  "gemini-embedding-001": {
    input: 0.15,
    batch: within24Hours(0.15),
    source:
      "https://developers.googleblog.com/gemini-batch-api-now-supports-embeddings-and-openai-compatibility",
    date,
  },
  "gemini-embedding-2": {
    input: 0.2,
    batch: within24Hours(0.2),
    source: "https://tokencost.app/blog/gemini-embedding-2-pricing",
    date,
  },
  "voyage-4-large": voyage(0.12),
  "voyage-4": voyage(0.06),
  "voyage-4-lite": voyage(0.02),
  "voyage-code-3": voyage(0.18),
  "mistral-embed": { input: 0.1, source: "https://openrouter.ai/mistralai/mistral-embed-2312", date },
  "embed-v4.0": { input: 0.12, source: "https://vercel.com/ai-gateway/models/embed-v4.0/about", date },
  "kanon-2-embedder": { input: 0.35, source: "https://docs.isaacus.com/pricing", date },
};
