import type { EmbeddingLimits } from "./embedding-model.ts";

export interface BatchPlan {
  /** The texts of each request; equal texts stand there once. */
  readonly batches: readonly (readonly string[])[];
  /** For each input text, its place among the texts of all batches. */
  readonly places: readonly number[];
}

/**
 * Cuts texts into requests that keep to the limits, in order.
 *
 * @throws TypeError or RangeError that names the index of a text that cannot be sent
 */
export function planBatches(texts: readonly string[], limits: EmbeddingLimits): BatchPlan {
  if (!Array.isArray(texts)) throw new TypeError(`texts must be an array of strings, not ${typeof texts}`);
  const seen = new Map<string, number>();
  const places: number[] = [];
  const batches: string[][] = [];
  let batch: string[] = [];
  let characters = 0;
  for (const [index, text] of texts.entries()) {
    checkText(text, index, limits);
    const place = seen.get(text);
    if (place !== undefined) {
      places.push(place);
      continue;
    }
    const full = batch.length >= limits.inputs || characters + text.length > (limits.characters ?? Infinity);
    if (full && batch.length > 0) {
      batches.push(batch);
      batch = [];
      characters = 0;
    }
    places.push(seen.size);
    seen.set(text, seen.size);
    batch.push(text);
    characters += text.length;
  }
  if (batch.length > 0) batches.push(batch);
  return { batches, places };
}

function checkText(text: unknown, index: number, limits: EmbeddingLimits): void {
  if (typeof text !== "string") throw new TypeError(`texts[${index}] must be a string, not ${typeof text}`);
  if (text.trim() === "") {
    throw new RangeError(`texts[${index}] is empty or only white space; leave it out`);
  }
  const most = Math.min(limits.charactersPerInput ?? Infinity, limits.characters ?? Infinity);
  if (text.length > most) {
    throw new RangeError(
      `texts[${index}] has ${text.length} characters, and the provider takes at most ${most}; cut it into passages`,
    );
  }
}
