import type { AnyEmbedding } from "../contract/element-type.ts";

/**
 * Gives each text a vector of its own. Equal texts were sent once: who changes the vector of one must not change those
 * of the others.
 */
export class OwnVectors {
  readonly #handedOut = new Set<number>();

  /** @param place of the vector among those that were answered */
  take(place: number, embedding: AnyEmbedding): AnyEmbedding {
    if (this.#handedOut.has(place)) return embedding.slice();
    this.#handedOut.add(place);
    return embedding;
  }
}
