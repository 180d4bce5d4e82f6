import { Buffer } from "node:buffer";

/** How much a text, or several together, takes of a request's limits. */
export interface Measure {
  readonly characters: number;
  readonly bytes: number;
  readonly tokens: number;
}

/** Measures texts: their tokens by the provider's own count where it has one, else by an estimate. */
export class TextMeasure {
  readonly #countTokens: ((text: string) => number) | undefined;

  constructor(countTokens: ((text: string) => number) | undefined) {
    this.#countTokens = countTokens;
  }

  /** Whether tokens are counted, not estimated. */
  get isExact(): boolean {
    return this.#countTokens !== undefined;
  }

  /** @throws RangeError for a count of tokens that is none */
  of(text: string): Measure {
    const bytes = Buffer.byteLength(text);
    return { characters: text.length, bytes, tokens: this.#countTokens?.(text) ?? estimate(bytes) };
  }
}

/** English has more than four bytes for each token, other languages fewer: rather too many tokens than too few. */
function estimate(bytes: number): number {
  return Math.ceil(bytes / 3);
}
