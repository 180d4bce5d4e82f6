import { describeKind, isIterable } from "@llx/support";
import { BatchBuilder } from "./batch-builder.ts";
import { checkIsString, checkText, type TextRules } from "./check-text.ts";
import type { EmbeddingFailure } from "../contract/embedding-model.ts";
import type { EmbeddingLimits } from "../contract/embedding-limits.ts";
import type { Measure, TextBatch } from "../contract/text-batch.ts";
import { nameInList, type TextName } from "../contract/text-name.ts";

/** Texts that can be split into requests. */
export interface SizedTexts {
  readonly texts: readonly string[];
  /** The size of each text. */
  readonly sizes: readonly Measure[];
}

/** The distinct texts of a call. */
export interface DistinctTexts extends SizedTexts {
  /** For each input, the position of its text in `texts`; −1 for one that cannot be sent. */
  readonly positions: readonly number[];
  /** The inputs that cannot be sent. */
  readonly refused: readonly EmbeddingFailure[];
  /** The inputs that were cut. */
  readonly truncated: readonly number[];
}

/** One request, and the positions of its texts among all distinct ones. */
export interface PlannedBatch extends TextBatch {
  readonly positions: readonly number[];
}

/**
 * Finds the distinct texts, in order.
 *
 * @param nameOf what errors call the text at an index
 * @throws TypeError that names an input that is not a string
 */
export function distinctTexts(
  inputs: readonly string[],
  rules: TextRules,
  nameOf: TextName = nameInList,
): DistinctTexts {
  if (!Array.isArray(inputs)) {
    const hint = isIterable(inputs) ? "; streamTextEmbeddings takes any iterable" : "";
    throw new TypeError(`texts must be an array of strings, not ${describeKind(inputs)}${hint}`);
  }
  const seen = new Map<string, number>();
  const texts: string[] = [];
  const sizes: Measure[] = [];
  const positions: number[] = [];
  const refused: EmbeddingFailure[] = [];
  const truncated: number[] = [];
  // By index, so that a hole in the array is found.
  for (let index = 0; index < inputs.length; index++) {
    const input: unknown = inputs[index];
    checkIsString(input, index, nameOf);
    const text = rules.cut?.(input) ?? input;
    if (text !== input) truncated.push(index);
    let position = seen.get(text);
    if (position === undefined) {
      const size = checkText(text, index, rules, nameOf);
      if (size instanceof RangeError) {
        refused.push({ index, error: size });
        position = -1;
      } else {
        position = texts.length;
        seen.set(text, position);
        texts.push(text);
        sizes.push(size);
      }
    }
    positions.push(position);
  }
  return { texts, sizes, positions, refused, truncated };
}

/** Splits the texts at the given positions into as few requests as the limits allow, in order. */
export function planBatches(
  { texts, sizes }: SizedTexts,
  positions: Iterable<number>,
  limits: EmbeddingLimits,
): PlannedBatch[] {
  const batches: PlannedBatch[] = [];
  const builder = new BatchBuilder(limits);
  let taken: number[] = [];
  const take = (): void => {
    batches.push({ ...builder.take(), positions: taken });
    taken = [];
  };
  for (const position of positions) {
    const size = sizes[position]!;
    if (!builder.fits(size)) take();
    builder.add(texts[position]!, size);
    taken.push(position);
  }
  if (builder.size > 0) take();
  return batches;
}

/** The halves of a request of two or more texts; if their number is odd, the first half has one more. */
export function halve({ positions }: PlannedBatch, texts: SizedTexts): PlannedBatch[] {
  return planBatches(texts, positions, { inputs: Math.ceil(positions.length / 2) });
}
