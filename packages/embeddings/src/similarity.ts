import type { Embedding } from "./embedding-model.ts";

/** `"cosine"` is from −1 to 1; `"dot"` is not bounded; `"euclidean"` is the negative distance: 0 is equal. */
export type SimilarityMode = "cosine" | "dot" | "euclidean";

/**
 * How alike two embeddings are: more is more alike, in every mode. The cosine with a vector of zeros is 0.
 *
 * @throws RangeError for embeddings of different lengths
 */
export function similarity(a: Embedding, b: Embedding, mode: SimilarityMode = "cosine"): number {
  if (a.length !== b.length) {
    throw new RangeError(
      `embeddings of ${a.length} and ${b.length} dimensions cannot be compared; use one model for both`,
    );
  }
  let dot = 0;
  let squaresA = 0;
  let squaresB = 0;
  let squaredDistance = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    dot += x * y;
    squaresA += x * x;
    squaresB += y * y;
    squaredDistance += (x - y) ** 2;
  }
  if (mode === "dot") return dot;
  if (mode === "euclidean") return -Math.sqrt(squaredDistance);
  const norms = Math.sqrt(squaresA) * Math.sqrt(squaresB);
  return norms === 0 ? 0 : dot / norms;
}
