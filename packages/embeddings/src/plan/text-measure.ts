import { Buffer } from "node:buffer";
import type { Measure } from "../contract/text-batch.ts";
import { estimateTokens } from "./estimate-tokens.ts";

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

  /** The tokens that a text is expected to have: for money and time. For the limits of a request, see `of`. */
  estimate(text: string): number {
    return this.#countTokens?.(text) ?? estimateTokens(text);
  }

  of(text: string): Measure {
    if (this.#last?.[0] === text) return this.#last[1];
    const bytes = Buffer.byteLength(text);
    const tokens = this.#countTokens?.(text) ?? roomFor(bytes);
    const size = { characters: text.length, bytes, tokens };
    this.#last = [text, size];
    return size;
  }
}

/**
 * What limits reserve for a text: more than prose and code have, so that requests are not over a limit, and known without
 * reading the text.
 */
function roomFor(bytes: number): number {
  return Math.ceil(bytes / 3);
}
