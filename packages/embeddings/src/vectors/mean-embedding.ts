import { checkEmbeddings } from "./check-embedding.ts";
import type { Embedding } from "../contract/element-type.ts";

/**
 * The mean of several embeddings, number by number: one query out of several that ask for the same.
 *
 * @throws RangeError for none, and for embeddings of different lengths; TypeError for what is no embedding
 */
export function meanEmbedding(embeddings: readonly Embedding[]): Embedding {
  checkEmbeddings(embeddings);
  const [first] = embeddings;
  if (first === undefined) throw new RangeError("there is no mean of no embeddings");
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
