import type { EmbeddingLimits } from "../../contract/embedding-limits.ts";
import { type LimitName, overLimit } from "../over-limit.ts";

type CountTokens = (text: string) => number;
type Unit = "characters" | "bytes" | "tokens";

/**
 * Distinct texts for one request that has exactly `size` of what a limit counts, and keeps all other limits.
 * `undefined` where no such texts are found, as another limit is reached before.
 *
 * @param limits with the limit in question at `size` or above
 */
export function textsForLimit(
  name: LimitName,
  size: number,
  limits: EmbeddingLimits,
  countTokens: CountTokens,
): string[] | undefined {
  const fits = (texts: readonly string[] | undefined): texts is string[] =>
    texts !== undefined && overLimit(texts, limits, countTokens) === undefined;
  if (name === "inputs") {
    const texts = Array.from({ length: size }, (_, index) => `t${index}`);
    return fits(texts) ? texts : undefined;
  }
  const unit = name.replace("PerInput", "") as Unit;
  if (name !== unit) {
    const texts = shares(unit, size, 1, countTokens);
    return fits(texts) ? texts : undefined;
  }
  const { [`${unit}PerInput` as const]: mostOfOne = size } = limits;
  // As few texts as possible; more of them where they have too much of something else.
  let count = Math.ceil(size / mostOfOne);
  while (count <= limits.inputs) {
    const texts = shares(unit, size, count, countTokens);
    if (fits(texts)) return texts;
    if (count === limits.inputs) break;
    count = Math.min(2 * count, limits.inputs);
  }
  return undefined;
}

/** Texts that have a size together, each about as much as the others; `undefined` if it is too little for so many. */
function shares(unit: Unit, size: number, count: number, countTokens: CountTokens): string[] | undefined {
  const least = Math.floor(size / count);
  const digits = String(count - 1).length;
  const make = { characters, bytes, tokens: tokensBy(countTokens) }[unit];
  const texts: string[] = [];
  for (let index = 0; index < count; index++) {
    const share = index < size % count ? least + 1 : least;
    const text = make(`t${String(index).padStart(digits, "0")} `, share);
    if (text === undefined) return undefined;
    texts.push(text);
  }
  return texts;
}

function characters(start: string, size: number): string | undefined {
  return size <= start.length ? undefined : start.padEnd(size, "x");
}

/** Of two bytes each: a service that counts characters instead accepts too many. */
function bytes(start: string, size: number): string | undefined {
  const rest = size - start.length;
  return rest <= 0 ? undefined : start + "é".repeat(Math.floor(rest / 2)) + "x".repeat(rest % 2);
}

const filler = "word ";
/** More characters than any token has. */
const longestToken = 64;

function tokensBy(countTokens: CountTokens): (start: string, size: number) => string | undefined {
  /** The lengths found for sizes: texts whose starts are equally long have equal lengths. */
  const lengths = new Map<number, number>();
  let all = filler;
  const make = (start: string, length: number): string => {
    if (all.length < length) all = filler.repeat(Math.ceil(length / filler.length));
    return start + all.slice(0, length);
  };
  return (start, size) => {
    const known = lengths.get(size);
    if (known !== undefined) {
      const text = make(start, known);
      if (countTokens(text) === size) return text;
    }
    let high = size;
    while (countTokens(make(start, high)) < size) {
      if (high > longestToken * size) return undefined;
      high *= 2;
    }
    let low = 0;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (countTokens(make(start, middle)) < size) low = middle + 1;
      else high = middle;
    }
    lengths.set(size, low);
    const text = make(start, low);
    return countTokens(text) === size ? text : undefined;
  };
}
