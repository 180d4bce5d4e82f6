import type { CallbackManager } from "@llx/callbacks";
import type { EmbeddingModel } from "@llx/embeddings";
import type { Document } from "./documents.ts";
import { cutIntoPassages, type Passage, passageSize } from "./passages.ts";
import type { CutDocument, Store } from "./store.ts";

/** The texts of one request, and the documents it completes. */
export interface Batch {
  readonly missing: { readonly path: string; readonly passage: Passage }[];
  readonly complete: CutDocument[];
}

export interface BatchOptions {
  readonly store: Store;
  readonly manager: CallbackManager;
  /** Keys of passages that are in batches but not yet in the store. */
  readonly embedding: Set<string>;
  readonly model: EmbeddingModel;
}

/** Splits documents into batches on demand, so a folder of any size fits in memory. */
export async function* inBatches(
  documents: AsyncIterable<Document>,
  { store, manager, embedding, model }: BatchOptions,
): AsyncGenerator<Batch, void, undefined> {
  // The maximum number of texts, and of documents, in a batch.
  const size = model.limits.inputs;
  const ofPassage = passageSize(model);
  let batch: Batch = { missing: [], complete: [] };
  for await (const { path, hash, text } of documents) {
    const passages = await manager.event("chunking", { count: 1 }, (event) => {
      const cut = cutIntoPassages(text, ofPassage);
      event.set({ count: cut.length });
      return cut;
    });
    // What an earlier batch embeds is stored before this document is complete.
    const unknown = new Map(
      passages.filter(({ key }) => !embedding.has(key)).map((each) => [each.key, each]),
    );
    for (const key of await store.embedded([...unknown.keys()])) unknown.delete(key);
    for (const key of unknown.keys()) embedding.add(key);
    for (const passage of unknown.values()) {
      if (batch.missing.length === size) {
        yield batch;
        batch = { missing: [], complete: [] };
      }
      batch.missing.push({ path, passage });
    }
    batch.complete.push({ path, hash, passages });
    if (batch.missing.length < size && batch.complete.length < size) continue;
    yield batch;
    batch = { missing: [], complete: [] };
  }
  if (batch.missing.length + batch.complete.length > 0) yield batch;
}
