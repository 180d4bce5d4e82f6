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
  let batch: Batch = { missing: [], complete: [] };
  for await (const group of cutInGroups(documents, size, { manager, model })) {
    // What an earlier batch embeds is stored before these documents are complete.
    const keys = group.flatMap(({ passages }) => passages.map(({ key }) => key));
    const unknown = new Set(keys.filter((key) => !embedding.has(key)));
    for (const key of await store.embedded([...unknown])) unknown.delete(key);
    for (const document of group) {
      for (const passage of document.passages) {
        if (!unknown.delete(passage.key)) continue;
        embedding.add(passage.key);
        if (batch.missing.length === size) {
          yield batch;
          batch = { missing: [], complete: [] };
        }
        batch.missing.push({ path: document.path, passage });
      }
      batch.complete.push(document);
      if (batch.missing.length < size && batch.complete.length < size) continue;
      yield batch;
      batch = { missing: [], complete: [] };
    }
  }
  if (batch.missing.length + batch.complete.length > 0) yield batch;
}

/** Cut documents, as many as one batch has passages or documents: the store is asked once for a group. */
async function* cutInGroups(
  documents: AsyncIterable<Document>,
  size: number,
  { manager, model }: Pick<BatchOptions, "manager" | "model">,
): AsyncGenerator<CutDocument[], void, undefined> {
  const ofPassage = passageSize(model);
  let group: CutDocument[] = [];
  let count = 0;
  for await (const { path, hash, text } of documents) {
    const passages = await manager.event("chunking", { count: 1 }, (event) => {
      const cut = cutIntoPassages(text, ofPassage);
      event.set({ count: cut.length });
      return cut;
    });
    group.push({ path, hash, passages });
    count += passages.length;
    if (count < size && group.length < size) continue;
    yield group;
    group = [];
    count = 0;
  }
  if (group.length > 0) yield group;
}
