import type { EmbeddingLimits } from "../contract/embedding-limits.ts";
import type { Measure, TextBatch } from "../contract/text-batch.ts";

/** Collects the texts of one request after another. */
export class BatchBuilder {
  readonly #limits: EmbeddingLimits;
  #texts: string[] = [];
  #characters = 0;
  #bytes = 0;
  #tokens = 0;

  constructor(limits: EmbeddingLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#texts.length;
  }

  /** Whether no further text fits. */
  get isFull(): boolean {
    return this.#texts.length >= this.#limits.inputs;
  }

  /** An empty request takes any text: the provider cuts or refuses a text that is too long by itself. */
  fits(size: Measure): boolean {
    if (this.#texts.length === 0) return true;
    const { characters = Infinity, bytes = Infinity, tokens = Infinity } = this.#limits;
    return (
      !this.isFull &&
      this.#characters + size.characters <= characters &&
      this.#bytes + size.bytes <= bytes &&
      this.#tokens + size.tokens <= tokens
    );
  }

  add(text: string, size: Measure): void {
    this.#texts.push(text);
    this.#characters += size.characters;
    this.#bytes += size.bytes;
    this.#tokens += size.tokens;
  }

  /** Returns the request, and starts the next one. */
  take(): TextBatch {
    const batch = {
      texts: this.#texts,
      characters: this.#characters,
      bytes: this.#bytes,
      tokens: this.#tokens,
    };
    this.#texts = [];
    this.#characters = this.#bytes = this.#tokens = 0;
    return batch;
  }
}
