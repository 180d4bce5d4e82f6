import { Buffer } from "node:buffer";
import type { EmbeddingLimits } from "../contract/embedding-limits.ts";

export type LimitName = keyof EmbeddingLimits;

/** The first limit of a request that the texts exceed; `undefined` if they fit. */
export function overLimit(
  texts: readonly string[],
  limits: EmbeddingLimits,
  countTokens: (text: string) => number,
): LimitName | undefined {
  const units = {
    characters: (text: string) => text.length,
    bytes: (text: string) => Buffer.byteLength(text),
    tokens: countTokens,
  };
  if (texts.length > limits.inputs) return "inputs";
  for (const [unit, count] of Object.entries(units) as [keyof typeof units, (text: string) => number][]) {
    const { [`${unit}PerInput` as const]: most = Infinity, [unit]: mostOfAll = Infinity } = limits;
    if (most === Infinity && mostOfAll === Infinity) continue;
    const sizes = texts.map(count);
    if (sizes.some((size) => size > most)) return `${unit}PerInput`;
    if (sizes.reduce((sum, size) => sum + size, 0) > mostOfAll) return unit;
  }
  return undefined;
}
