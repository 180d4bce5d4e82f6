import { checkEmbeddings } from "./check-embedding.ts";
import type { Embedding } from "../contract/element-type.ts";

/**
 * The element-wise mean of several embeddings, such as one query from several phrasings.
 *
 * @throws RangeError for an empty list, and for embeddings of different lengths; TypeError for a value that is not an
 *   embedding
 */
export function meanEmbedding(embeddings: readonly Embedding[]): Embedding {
  checkEmbeddings(embeddings);
  const [first] = embeddings;
  if (first === undefined) throw new RangeError("embeddings must not be empty");
  // Sums of many 32-bit numbers need more than 32 bits.
  const sums = new Float64Array(first.length);
  for (const [index, embedding] of embeddings.entries()) {
    if (embedding.length !== first.length) {
      throw new RangeError(
        `embeddings[${index}] has ${embedding.length} dimensions, and embeddings[0] ${first.length}; use one model`,
      );
    }
    for (let i = 0; i < sums.length; i++) sums[i]! += embedding[i]!;
  }
  return Float32Array.from(sums, (sum) => sum / embeddings.length);
}
