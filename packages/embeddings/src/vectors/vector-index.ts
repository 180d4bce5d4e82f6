import { checkCount } from "@llx/support";
import { BestMatches, type Match } from "./best-matches.ts";
import { checkEmbedding, checkEmbeddings } from "./check-embedding.ts";
import type { Embedding } from "../contract/element-type.ts";
import { type DotProducts, newDotProducts } from "./dot-products.ts";
import { checkMode, scorer, type SimilarityMode } from "./similarity.ts";
import { norm } from "./sums.ts";

/** Embeddings in one block of memory, for many queries. */
export interface VectorIndex {
  /** How many embeddings it has. */
  readonly size: number;
  /** The numbers in each; 0 if it has none. */
  readonly dimensions: number;
  /**
   * The `k` embeddings most similar to a query, exactly as `topK` finds them.
   *
   * @param mode `"cosine"` by default
   * @throws TypeError or RangeError for a `k` that is not a whole number from 1, for a query of other dimensions, and for
   *   another mode
   */
  topK(query: Embedding, k: number, mode?: Exclude<SimilarityMode, "hamming">): Match[];
}

/**
 * Copies embeddings into one block of memory, where each query compares them several times faster than `topK` does. It
 * needs 4 bytes for each number, at most 4 GiB in all; the embeddings themselves are not kept.
 *
 * Each query computes all products with 32-bit numbers, several at once (WebAssembly SIMD), and then compares exactly
 * those that rounding errors do not rule out.
 *
 * @throws TypeError or RangeError for a value that is not a list of `Float32Array`, for embeddings of different lengths,
 *   and for more than fit
 * @example
 * ```ts
 * const texts = ["The moon makes the tides.", "Dough has to rest."];
 * const { embeddings } = await model.getTextEmbeddingBatch(texts);
 * const vectors = vectorIndex(embeddings);
 * const query = await model.getQueryEmbedding("why does the sea rise and fall?");
 * for (const { index, score } of vectors.topK(query, 1)) console.log(score, texts[index]);
 * ```
 */
export function vectorIndex(embeddings: readonly Embedding[]): VectorIndex {
  checkEmbeddings(embeddings);
  return new Index(embeddings);
}

/** The numbers that the module reads at once; vectors are padded to a multiple of them. */
const block = 16;
/** Vectors whose products are computed by one call. */
const batch = 1024;
const pageBytes = 65_536;
const maxBytes = 65_536 * pageBytes;
/** Outside these, 32-bit products may overflow, or round to zero. */
const [shortest, longest] = [1e-12, 1e12];

class Index implements VectorIndex {
  readonly size: number;
  readonly dimensions: number;
  /** Numbers from one vector to the next. */
  readonly #stride: number;
  readonly #kernel: DotProducts;
  /** The products of a batch, the query, and the vectors. */
  readonly #numbers: Float32Array;
  readonly #norms: Float64Array;
  readonly #longest: number;
  /** Whether no 32-bit product can overflow or round to zero. */
  readonly #isRegular: boolean;

  constructor(embeddings: readonly Embedding[]) {
    this.size = embeddings.length;
    this.dimensions = embeddings[0]?.length ?? 0;
    this.#stride = Math.max(block, Math.ceil(this.dimensions / block) * block);
    const bytes = 4 * (batch + (this.size + 1) * this.#stride);
    if (bytes > maxBytes) {
      throw new RangeError(
        `${this.size} embeddings of ${this.dimensions} dimensions need ${bytes} bytes, and an index holds at most ` +
          `${maxBytes}; make several, or use a vector database`,
      );
    }
    this.#kernel = newDotProducts();
    this.#kernel.memory.grow(Math.ceil(bytes / pageBytes));
    this.#numbers = new Float32Array(this.#kernel.memory.buffer);
    this.#norms = new Float64Array(this.size);
    for (const [index, embedding] of embeddings.entries()) {
      this.#check(`embeddings[${index}]`, embedding);
      this.#numbers.set(embedding, this.#startOf(index));
      this.#norms[index] = norm(embedding);
    }
    this.#longest = this.#norms.reduce((most, each) => Math.max(most, each), 0);
    this.#isRegular = this.#norms.every(isRegular);
  }

  topK(query: Embedding, k: number, mode: SimilarityMode = "cosine"): Match[] {
    checkCount("k", k);
    checkMode(mode);
    if (mode === "hamming") throw new TypeError('"hamming" compares packed bits; use "cosine" for floats');
    if (this.size === 0) checkEmbedding("query", query);
    else this.#check("query", query);
    const score = scorer(query, mode);
    const best = new BestMatches(k);
    for (const index of this.#candidates(query, k, mode)) {
      const start = this.#startOf(index);
      best.add(index, score(this.#numbers.subarray(start, start + this.dimensions)));
    }
    return [...best.kept];
  }

  /** The embeddings that may be among the best, in the order of their indices. */
  #candidates(query: Embedding, k: number, mode: SimilarityMode): Iterable<number> {
    const length = norm(query);
    if (!this.#isRegular || !isRegular(length)) return this.#norms.keys();
    // The error of a sum of n numbers, one after another, is at most n roundings, each of 2⁻²⁴ of the sum of their sizes.
    const error = (this.#stride / block + 8) * 2 ** -24;
    const largest = length * this.#longest;
    const margin =
      mode === "cosine"
        ? 2 * error
        : mode === "dot"
          ? 2 * error * largest
          : // Squares of long vectors round, even with 64 bits.
            4 * error * largest + this.#stride * 2 ** -50 * (length + this.#longest) ** 2;
    // A margin of 0 would drop those that are equal to the last of the best.
    const best = new BestMatches(k, margin || Number.MIN_VALUE);
    this.#numbers.set(query, batch);
    for (let first = 0; first < this.size; first += batch) {
      const end = Math.min(first + batch, this.size);
      this.#kernel.dotProducts(
        4 * batch,
        4 * this.#stride,
        4 * this.#startOf(first),
        4 * this.#startOf(end),
        0,
      );
      for (let index = first; index < end; index++) {
        const product = this.#numbers[index - first]!;
        const own = this.#norms[index]!;
        if (mode === "dot") best.add(index, product);
        else if (mode === "cosine") best.add(index, own === 0 || length === 0 ? 0 : product / (own * length));
        // The negative squared distance, without the query's own square, which is the same for all.
        else best.add(index, 2 * product - own * own);
      }
    }
    return best.kept.map(({ index }) => index).sort((a, b) => a - b);
  }

  #startOf(index: number): number {
    return batch + (index + 1) * this.#stride;
  }

  #check(what: string, embedding: Embedding): void {
    checkEmbedding(what, embedding);
    if (!(embedding instanceof Float32Array)) {
      throw new TypeError(`${what} must be a Float32Array; topK compares other element types`);
    }
    if (embedding.length === this.dimensions) return;
    throw new RangeError(
      `${what} has ${embedding.length} dimensions, and the first embedding ${this.dimensions}; use one model`,
    );
  }
}

function isRegular(length: number): boolean {
  return length === 0 || (length > shortest && length < longest);
}
