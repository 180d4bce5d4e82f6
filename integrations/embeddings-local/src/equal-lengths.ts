/** Indices of tokenized texts that are processed together. */
export type Batch = readonly number[];

/**
 * Batches of texts with equally many tokens, each of at most `mostTokens` in total, or of one text. Without padding, no
 * computation is wasted, and a text has the same vector as alone, except for the last bits of its numbers.
 */
export function batchesOfEqualLength(
  texts: readonly { readonly length: number }[],
  mostTokens: number,
): Batch[] {
  const open = new Map<number, number[]>();
  const batches: number[][] = [];
  for (const [index, { length }] of texts.entries()) {
    let batch = open.get(length);
    if (batch === undefined || (batch.length + 1) * length > mostTokens) {
      batch = [];
      open.set(length, batch);
      batches.push(batch);
    }
    batch.push(index);
  }
  return batches;
}
