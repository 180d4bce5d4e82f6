import { checkEmbedding } from "./check-embedding.ts";
import type { AnyEmbedding } from "../contract/element-type.ts";

/**
 * `"cosine"` is from −1 to 1; `"dot"` is not bounded; `"euclidean"` is the negative distance: 0 is equal.
 * `"hamming"` is for packed bits (`"binary"`, `"ubinary"`): the share of bits that are equal, from 0 to 1.
 */
export type SimilarityMode = "cosine" | "dot" | "euclidean" | "hamming";

const modes: ReadonlySet<string> = new Set<SimilarityMode>(["cosine", "dot", "euclidean", "hamming"]);

/**
 * The similarity of two embeddings: in every mode, higher is more similar. The cosine with a vector of zeros is 0.
 *
 * @param mode `"cosine"` by default
 * @throws RangeError for embeddings of different lengths; TypeError for a value that is not an embedding, for an unknown
 *   mode, and for `"hamming"` with floats
 */
export function similarity(a: AnyEmbedding, b: AnyEmbedding, mode: SimilarityMode = "cosine"): number {
  checkEmbedding("the first of the two", a);
  checkEmbedding("the second of the two", b);
  if (!modes.has(mode)) {
    throw new TypeError(`there is no mode ${JSON.stringify(mode)}; there are ${[...modes].join(", ")}`);
  }
  if (a.length !== b.length) {
    throw new RangeError(
      `embeddings of ${a.length} and ${b.length} dimensions cannot be compared; use one model for both`,
    );
  }
  if (mode === "hamming") return equalBits(a, b);
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

function equalBits(a: AnyEmbedding, b: AnyEmbedding): number {
  if (a instanceof Float32Array || b instanceof Float32Array) {
    throw new TypeError('"hamming" compares packed bits; use "cosine" for floats');
  }
  let different = 0;
  for (let i = 0; i < a.length; i++) {
    for (let bits = (a[i]! ^ b[i]!) & 0xff; bits !== 0; bits &= bits - 1) different++;
  }
  return a.length === 0 ? 1 : 1 - different / (a.length * 8);
}
