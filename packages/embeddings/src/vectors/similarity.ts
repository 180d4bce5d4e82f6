import { checkEmbedding } from "./check-embedding.ts";
import type { AnyEmbedding } from "../contract/element-type.ts";
import { dotProduct, norm, squaredDistance } from "./sums.ts";

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
  checkMode(mode);
  return scorer(a, mode)(b);
}

/**
 * Compares embeddings with one of them, which is prepared once.
 *
 * @throws what {@link similarity} throws for embeddings that cannot be compared
 */
export function scorer(query: AnyEmbedding, mode: SimilarityMode): (embedding: AnyEmbedding) => number {
  const compare = comparer(query, mode);
  return (embedding) => {
    if (query.length === embedding.length) return compare(embedding);
    throw new RangeError(
      `embeddings of ${query.length} and ${embedding.length} dimensions cannot be compared; use one model for both`,
    );
  };
}

function comparer(query: AnyEmbedding, mode: SimilarityMode): (embedding: AnyEmbedding) => number {
  if (mode === "dot") return (embedding) => dotProduct(query, embedding);
  if (mode === "euclidean") return (embedding) => -Math.sqrt(squaredDistance(query, embedding));
  if (mode === "hamming") return (embedding) => equalBits(query, embedding);
  const length = norm(query);
  return (embedding) => {
    const norms = length * norm(embedding);
    return norms === 0 ? 0 : dotProduct(query, embedding) / norms;
  };
}

/** @throws TypeError for an unknown mode */
export function checkMode(mode: SimilarityMode): void {
  if (modes.has(mode)) return;
  throw new TypeError(`there is no mode ${JSON.stringify(mode)}; there are ${[...modes].join(", ")}`);
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
