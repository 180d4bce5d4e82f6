import type { TextMeasure } from "../plan/text-measure.ts";
import { fittingEnd } from "./fitting-end.ts";

/** The start of a text with at most so many tokens, not within a character; the text itself if it has no more. */
export function cutText(text: string, tokens: number, measure: TextMeasure): string {
  const countTokens = (part: string): number => measure.of(part).tokens;
  if (countTokens(text) <= tokens) return text;
  return text.slice(0, fittingEnd(text, 0, text.length, tokens, countTokens)).trimEnd();
}
