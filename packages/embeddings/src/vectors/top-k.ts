import { checkCount } from "@llx/support";
import { BestMatches, type Match } from "./best-matches.ts";
import { checkEmbedding, checkEmbeddings } from "./check-embedding.ts";
import type { AnyEmbedding } from "../contract/element-type.ts";
import { checkMode, scorer, type SimilarityMode } from "./similarity.ts";

/**
 * The `k` embeddings most similar to a query, best first; of equal ones, the lower index first. Compares each one:
 * suitable for up to about 100,000. For many queries over the same embeddings, `vectorIndex` is several times faster.
 *
 * @param embeddings vectors of as many dimensions as the query
 * @param k how many to return, at most
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
  checkEmbedding("query", query);
  checkEmbeddings(embeddings);
  checkMode(mode);
  const score = scorer(query, mode);
  const best = new BestMatches(k);
  for (let index = 0; index < embeddings.length; index++) best.add(index, score(embeddings[index]!));
  return [...best.kept];
}
