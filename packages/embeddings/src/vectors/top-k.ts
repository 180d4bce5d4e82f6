import { checkCount } from "@llx/support";
import { checkEmbeddings } from "./check-embedding.ts";
import type { AnyEmbedding } from "../contract/element-type.ts";
import { similarity, type SimilarityMode } from "./similarity.ts";

/** A found embedding, and its similarity to the query. */
export interface Match {
  /** Index of the embedding among those searched. */
  readonly index: number;
  /** Its similarity to the query. */
  readonly score: number;
}

/**
 * The `k` embeddings most similar to a query, best first; of equal ones, the lower index first. Compares each one:
 * suitable for up to about 100,000.
 *
 * @param mode `"cosine"` by default
 * @throws TypeError or RangeError for a `k` that is not a whole number from 1; what {@link similarity} throws
 */
export function topK(
  query: AnyEmbedding,
  embeddings: readonly AnyEmbedding[],
  k: number,
  mode: SimilarityMode = "cosine",
): Match[] {
  checkCount("k", k);
  checkEmbeddings(embeddings);
  return embeddings
    .map((embedding, index) => ({ index, score: similarity(query, embedding, mode) }))
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, k);
}
