import { checkWhole } from "../model/check-call.ts";
import { checkEmbeddings } from "./check-embedding.ts";
import type { AnyEmbedding } from "../contract/element-type.ts";
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
 * @throws RangeError for a `k` that is no whole number from 1; what {@link similarity} throws
 */
export function topK(
  query: AnyEmbedding,
  embeddings: readonly AnyEmbedding[],
  k: number,
  mode: SimilarityMode = "cosine",
): Match[] {
  checkWhole("k", k);
  checkEmbeddings(embeddings);
  return embeddings
    .map((embedding, index) => ({ index, score: similarity(query, embedding, mode) }))
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, k);
}
