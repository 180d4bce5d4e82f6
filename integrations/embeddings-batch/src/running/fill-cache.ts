import type { ElementType, EmbeddingOf } from "@llx/embeddings";
import type { BatchCache } from "@llx/embeddings/batch";
import type { RunDirectory } from "../files/run-directory.ts";
import { PartReader } from "../reading/part-reader.ts";

/** Texts whose embeddings are written at once. */
const textsAtOnce = 200;

/** Writes the embeddings of a round to a cache. */
export async function fillCache<E extends ElementType>(
  cache: BatchCache<E>,
  directory: RunDirectory,
  part: number,
  round: number,
  elementType: E,
): Promise<void> {
  const reader = await PartReader.open(directory, part, round, elementType);
  try {
    let entries: { text: string; embedding: EmbeddingOf<E> }[] = [];
    for (let position = 0; position < reader.count; position++) {
      if (reader.settledIn(position) !== round || reader.hasFailed(position)) continue;
      // oxlint-disable-next-line no-await-in-loop -- one after another
      const { text, embedding } = await reader.read(position);
      if (embedding !== undefined) entries.push({ text, embedding });
      if (entries.length < textsAtOnce) continue;
      // oxlint-disable-next-line no-await-in-loop
      await cache.write(entries);
      entries = [];
    }
    if (entries.length > 0) await cache.write(entries);
  } finally {
    await reader.close();
  }
}
