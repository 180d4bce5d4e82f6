import type { AnyEmbedding } from "../contract/element-type.ts";

/**
 * Gives each text its own vector. Equal texts were sent once, and changing the vector of one must not change that
 * of another.
 */
export class OwnVectors {
  readonly #handedOut = new Set<number>();

  /** @param position of the vector among those of the responses */
  take(position: number, embedding: AnyEmbedding): AnyEmbedding {
    if (this.#handedOut.has(position)) return embedding.slice();
    this.#handedOut.add(position);
    return embedding;
  }
}
