import type { EmbeddingLimits } from "./embedding-limits.ts";
import type { Measure, TextMeasure } from "./text-measure.ts";

/** What a text is checked against. */
export interface TextRules {
  readonly limits: EmbeddingLimits;
  readonly measure: TextMeasure;
  /** The provider cuts a text that is too long. */
  readonly truncate: boolean;
}

/**
 * What a text takes of a request.
 *
 * @returns an error that names the index of a text that cannot be sent, without the text
 */
export function checkText(text: string, index: number, rules: TextRules): Measure | RangeError {
  const refuse = (problem: string): RangeError => new RangeError(`texts[${index}] ${problem}`);
  if (!/\S/.test(text)) return refuse("is empty or only white space; leave it out");
  if (!text.isWellFormed()) {
    return refuse(
      "holds one half of a surrogate pair; do not cut within a character, or use text.toWellFormed()",
    );
  }
  const size = rules.measure.of(text);
  if (!isCount(size.tokens))
    return refuse(`has ${size.tokens} tokens by countTokens; that must be a whole number`);
  const { limits, measure, truncate } = rules;
  if (truncate) return size;
  for (const [unit, most] of [
    ["characters", least(limits.charactersPerInput, limits.characters)],
    ["bytes", least(limits.bytesPerInput, limits.bytes)],
    // An estimate is no reason to refuse a text.
    ["tokens", measure.isExact ? least(limits.tokensPerInput, limits.tokens) : Infinity],
  ] as const) {
    if (size[unit] > most) {
      return refuse(
        `has ${size[unit]} ${unit}, and the provider takes at most ${most}; cut it into passages`,
      );
    }
  }
  return size;
}

/** @throws TypeError for what is no string */
export function checkIsString(text: unknown, index: number): asserts text is string {
  if (typeof text === "string") return;
  const kind = text === null ? "null" : Array.isArray(text) ? "an array" : typeof text;
  throw new TypeError(`texts[${index}] must be a string, not ${kind}`);
}

function least(a = Infinity, b = Infinity): number {
  return Math.min(a, b);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
