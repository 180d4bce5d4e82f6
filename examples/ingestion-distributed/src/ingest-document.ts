import type { EmbeddingModel } from "@llx/embeddings";
import { defineJob, type JobDefinition } from "@llx/jobs-pgboss";
import { cutIntoPassages, readDocument } from "./document.ts";
import type { Store } from "./store.ts";

/** The document to update. */
interface Payload {
  readonly folder: string;
  readonly path: string;
  /** Of its content when the job was queued. */
  readonly hash: string;
}

interface Result {
  readonly passages: number;
}

/**
 * One document: read, split, embedded and stored. A killed worker leaves nothing half-done, and another one
 * starts over; if only the confirmation was lost, the store knows.
 */
export function ingestDocument(store: Store, model: EmbeddingModel): JobDefinition<Payload, Result> {
  return defineJob("ingest-document", {
    async handler({ folder, path, hash }: Payload, { signal }) {
      const document = await readDocument(folder, path, signal);
      const passages = cutIntoPassages(document.text);
      const isStored = (await store.hashOf(path)) === hash && document.hash === hash;
      if (!isStored) {
        const { embeddings } = await model.getTextEmbeddingBatch(passages, { signal });
        signal.throwIfAborted();
        await store.replace(document, passages, embeddings);
      }
      return { passages: passages.length };
    },
  });
}
