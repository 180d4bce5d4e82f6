import type { AnyEmbedding } from "./element-type.ts";
import { similarity, type SimilarityMode } from "./similarity.ts";

/** An embedding that was found, and how near it is. */
export interface Match {
  /** Place of the embedding among those searched. */
  readonly index: number;
  /** Its similarity to the query. */
  readonly score: number;
}

/**
 * The `k` embeddings most alike to a query, best first. Looks at each one: good for up to some 100,000.
 *
 * @throws RangeError for a `k` that is no whole number from 1
 */
export function topK(
  query: AnyEmbedding,
  embeddings: readonly AnyEmbedding[],
  k: number,
  mode: SimilarityMode = "cosine",
): Match[] {
  if (!Number.isSafeInteger(k) || k < 1) throw new RangeError(`k must be a whole number from 1, not ${k}`);
  return embeddings
    .map((embedding, index) => ({ index, score: similarity(query, embedding, mode) }))
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, k);
}
