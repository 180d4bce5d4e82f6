/**
 * The place of the text that each embedding of an answer is of, by its index. Services leave an index out where it is 0
 * (JSON made of protobuf does), or leave out all of them, and some write them as strings.
 *
 * @param indexes as they came, one for each text
 * @returns a string that says what is wrong where they do not tell the places without doubt
 */
export function textPlaces(indexes: readonly unknown[]): readonly number[] | string {
  const count = indexes.length;
  const told = new Set<number>();
  const places = new Array<number | undefined>(count).fill(undefined);
  for (const [at, came] of indexes.entries()) {
    if (came === undefined || came === null) continue;
    const index = typeof came === "string" && /^\d+$/.test(came) ? Number(came) : came;
    if (typeof index !== "number" || !Number.isInteger(index)) {
      return `the index of embedding ${at} is no whole number but ${shown(index)}`;
    }
    if (index < 0 || index >= count) return `index ${index} for ${count} texts, counted from 0`;
    if (told.has(index)) return `index ${index} twice`;
    told.add(index);
    places[at] = index;
  }
  if (told.size === count) return places as number[];
  // In the order of the texts.
  if (places.every((index, at) => index === undefined || index === at)) return [...indexes.keys()];
  // In another order, with the 0 left out.
  if (told.size === count - 1 && !told.has(0)) return places.map((index) => index ?? 0);
  return `${count - told.size} of ${count} embeddings have no index, and the others are not in order`;
}

function shown(index: unknown): string {
  return typeof index === "number" ? String(index) : `of type ${typeof index}`;
}
