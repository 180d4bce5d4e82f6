import { BatchPile, type TextBatch } from "./batch-builder.ts";
import { checkIsString, checkText, type TextRules } from "./check-text.ts";
import type { EmbeddingFailure } from "../contract/embedding-model.ts";
import type { EmbeddingLimits } from "../contract/embedding-limits.ts";
import type { Measure } from "./text-measure.ts";

/** Texts, each at its place. */
export interface SizedTexts {
  readonly texts: readonly string[];
  /** What each of them takes of a request. */
  readonly sizes: readonly Measure[];
}

/** The different texts of a call. */
export interface DistinctTexts extends SizedTexts {
  /** For each input, the place of its text in `texts`; −1 for one that cannot be sent. */
  readonly places: readonly number[];
  /** The inputs that cannot be sent. */
  readonly refused: readonly EmbeddingFailure[];
}

/** One request, and where its texts stand among all distinct ones. */
export interface PlannedBatch extends TextBatch {
  readonly places: readonly number[];
}

/**
 * Finds the different texts, in order.
 *
 * @throws TypeError that names the index of what is no text
 */
export function distinctTexts(inputs: readonly string[], rules: TextRules): DistinctTexts {
  if (!Array.isArray(inputs)) throw new TypeError(`texts must be an array of strings, not ${typeof inputs}`);
  const seen = new Map<string, number>();
  const texts: string[] = [];
  const sizes: Measure[] = [];
  const places: number[] = [];
  const refused: EmbeddingFailure[] = [];
  // By index, so that a hole in the array is seen.
  for (let index = 0; index < inputs.length; index++) {
    const text: unknown = inputs[index];
    checkIsString(text, index);
    let place = seen.get(text);
    if (place === undefined) {
      const size = checkText(text, index, rules);
      if (size instanceof RangeError) {
        refused.push({ index, error: size });
        place = -1;
      } else {
        place = texts.length;
        seen.set(text, place);
        texts.push(text);
        sizes.push(size);
      }
    }
    places.push(place);
  }
  return { texts, sizes, places, refused };
}

/** Cuts the texts at the given places into as few requests as keep to the limits, in order. */
export function planBatches(
  { texts, sizes }: SizedTexts,
  places: Iterable<number>,
  limits: EmbeddingLimits,
): PlannedBatch[] {
  const batches: PlannedBatch[] = [];
  const pile = new BatchPile(limits);
  let taken: number[] = [];
  const take = (): void => {
    batches.push({ ...pile.take(), places: taken });
    taken = [];
  };
  for (const place of places) {
    const size = sizes[place]!;
    if (!pile.fits(size)) take();
    pile.add(texts[place]!, size);
    taken.push(place);
  }
  if (pile.size > 0) take();
  return batches;
}

/** The halves of a request of two texts or more; the first has one text more where they are odd. */
export function halve({ places }: PlannedBatch, texts: SizedTexts): PlannedBatch[] {
  return planBatches(texts, places, { inputs: Math.ceil(places.length / 2) });
}
