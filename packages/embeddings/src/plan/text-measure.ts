import { Buffer } from "node:buffer";
import type { Measure } from "../contract/text-batch.ts";

/** Measures texts. Tokens come from a count where there is one, else from an estimate. */
export class TextMeasure {
  readonly #countTokens: ((text: string) => number) | undefined;

  constructor(countTokens: ((text: string) => number) | undefined) {
    this.#countTokens = countTokens;
  }

  /** Whether tokens are counted, not estimated. */
  get isExact(): boolean {
    return this.#countTokens !== undefined;
  }

  of(text: string): Measure {
    const bytes = Buffer.byteLength(text);
    return { characters: text.length, bytes, tokens: this.#countTokens?.(text) ?? estimateTokens(bytes) };
  }
}

/** English has more than four bytes per token, other languages fewer: better too many tokens than too few. */
function estimateTokens(bytes: number): number {
  return Math.ceil(bytes / 3);
}
