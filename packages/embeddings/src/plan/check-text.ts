import { describeKind } from "@llx/support";
import type { EmbeddingLimits } from "../contract/embedding-limits.ts";
import type { Measure } from "../contract/text-batch.ts";
import type { TextName } from "../contract/text-name.ts";
import type { TextMeasure } from "./text-measure.ts";

/** What a text is checked against. */
export interface TextRules {
  readonly limits: EmbeddingLimits;
  readonly measure: TextMeasure;
  /** The provider cuts a text that is too long. */
  readonly truncate: boolean;
  /** Cuts a text before it is sent, where that is wanted. */
  readonly cut?: ((text: string) => string) | undefined;
}

/**
 * Measures the size of a text.
 *
 * @returns for a text that cannot be sent, an error that names it, without showing it
 */
export function checkText(
  text: string,
  index: number,
  rules: TextRules,
  nameOf: TextName,
): Measure | RangeError {
  const refuse = (problem: string): RangeError => new RangeError(`${nameOf(index)} ${problem}`);
  if (!/\S/.test(text)) return refuse("is empty or only white space; omit it");
  if (!text.isWellFormed()) {
    return refuse(
      "contains one half of a surrogate pair; do not cut within a character, or use text.toWellFormed()",
    );
  }
  const size = rules.measure.of(text);
  if (!isCount(size.tokens)) {
    return refuse(`has ${size.tokens} tokens by countTokens, which must be a whole number`);
  }
  if (rules.truncate) return size;
  const { limits } = rules;
  const over = (unit: keyof Measure, forOne = Infinity, forAll = Infinity): RangeError | undefined => {
    const max = Math.min(forOne, forAll);
    return size[unit] > max
      ? refuse(`has ${size[unit]} ${unit}, and the provider takes at most ${max}; cut it into passages`)
      : undefined;
  };
  return (
    over("characters", limits.charactersPerInput, limits.characters) ??
    over("bytes", limits.bytesPerInput, limits.bytes) ??
    // An estimate is not a reason to refuse a text.
    (rules.measure.isExact ? over("tokens", limits.tokensPerInput, limits.tokens) : undefined) ??
    size
  );
}

/** @throws TypeError for a value that is not a string */
export function checkIsString(text: unknown, index: number, nameOf: TextName): asserts text is string {
  if (typeof text !== "string")
    throw new TypeError(`${nameOf(index)} must be a string, not ${describeKind(text)}`);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
