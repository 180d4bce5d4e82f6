import { Buffer } from "node:buffer";
import type { Measure } from "../contract/text-batch.ts";

/** Measures texts. Tokens are counted if there is a counter, otherwise estimated. */
export class TextMeasure {
  readonly #countTokens: ((text: string) => number) | undefined;
  /** The last text, which may be asked for again at once, and its size. */
  #last: readonly [text: string, size: Measure] | undefined;

  constructor(countTokens: ((text: string) => number) | undefined) {
    this.#countTokens = countTokens;
  }

  /** Whether tokens are counted, not estimated. */
  get isExact(): boolean {
    return this.#countTokens !== undefined;
  }

  of(text: string): Measure {
    if (this.#last?.[0] === text) return this.#last[1];
    const bytes = Buffer.byteLength(text);
    const tokens = this.#countTokens?.(text) ?? estimateTokens(bytes);
    const size = { characters: text.length, bytes, tokens };
    this.#last = [text, size];
    return size;
  }
}

/** English has more than four bytes per token, other languages fewer: the estimate is high rather than low. */
function estimateTokens(bytes: number): number {
  return Math.ceil(bytes / 3);
}
