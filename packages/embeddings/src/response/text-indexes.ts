import { describeKind } from "@llx/support";

/**
 * The index of the text of each embedding in a response. Services omit an index of 0 (JSON generated from
 * protobuf does), or omit all of them, and some write them as strings.
 *
 * @param indexes as received, one for each text
 * @returns the problem, if they do not assign the texts unambiguously
 */
export function textIndexes(indexes: readonly unknown[]): readonly number[] | string {
  const count = indexes.length;
  const seen = new Set<number>();
  const assigned = new Array<number | undefined>(count).fill(undefined);
  for (const [at, received] of indexes.entries()) {
    if (received === undefined || received === null) continue;
    const index = typeof received === "string" && /^\d+$/.test(received) ? Number(received) : received;
    if (typeof index !== "number" || !Number.isInteger(index)) {
      return `the index of item ${at} is not a whole number but ${describeKind(index)}`;
    }
    if (index < 0 || index >= count) return `index ${index} for ${count} texts, counted from 0`;
    if (seen.has(index)) return `index ${index} twice`;
    seen.add(index);
    assigned[at] = index;
  }
  if (seen.size === count) return assigned as number[];
  // In the order of the texts.
  if (assigned.every((index, at) => index === undefined || index === at)) return [...indexes.keys()];
  // In another order, with the 0 omitted.
  if (seen.size === count - 1 && !seen.has(0)) return assigned.map((index) => index ?? 0);
  return `${count - seen.size} of ${count} embeddings have no index, and the others are not in order`;
}
