import assert from "node:assert/strict";
import { type Job, streamJobs } from "@llx/async";
import type { CallbackManager } from "@llx/callbacks";
import type { EmbeddingModel } from "@llx/embeddings";
import { type Batch, inBatches } from "./batches.ts";
import { type Document, readDocuments } from "./documents.ts";
import type { Store } from "./store.ts";

declare module "@llx/callbacks" {
  interface EventPayloads {
    /** Writing embeddings or documents to the store. */
    store: { start: { embeddings?: number; documents?: number }; end: object };
  }
}

export interface IngestOptions {
  readonly folder: string;
  /** Of all documents now in the folder. */
  readonly paths: readonly string[];
  readonly store: Store;
  readonly model: EmbeddingModel;
  /** Concurrent requests. Default 4. */
  readonly workers?: number | undefined;
  readonly manager: CallbackManager;
  readonly signal: AbortSignal;
  /** Draws progress bars on stderr. */
  readonly showProgress: boolean;
  /** Updated during the work: after a failure, it shows what was kept. */
  readonly totals: Totals;
}

/** What a run found and did. */
export interface Totals {
  documents: number;
  changed: number;
  removed: number;
  /** Of all documents, changed or not. */
  passages: number;
  embedded: number;
}

/** Synchronises the store with the folder, and embeds only what is missing. */
export async function ingest(options: IngestOptions): Promise<void> {
  const { folder, paths, store, model, workers, manager, signal, showProgress, totals } = options;
  const kept = await store.documents();
  totals.documents = paths.length;

  async function* changedDocuments(): AsyncGenerator<Document> {
    for await (const document of readDocuments(folder, paths, { manager, signal, showProgress })) {
      const before = kept.get(document.path);
      if (before?.hash === document.hash) totals.passages += before.passages;
      else yield document;
    }
  }

  const embedding = new Set<string>();
  async function* jobs(): AsyncGenerator<Job<Batch>> {
    for await (const batch of inBatches(changedDocuments(), { store, manager, embedding, model })) {
      yield (job) => embedAndStore(batch, embedding, { ...options, signal: job.signal });
    }
  }

  // In order: when a batch is yielded, all earlier ones are stored, so its documents are complete.
  const stored = streamJobs(jobs(), { workers, signal, showProgress, desc: "batches" });
  for await (const { complete } of stored) {
    if (complete.length === 0) continue;
    await manager.event("store", { documents: complete.length }, () => store.replaceDocuments(complete));
    totals.changed += complete.length;
    for (const { passages } of complete) totals.passages += passages.length;
  }

  const found = new Set(paths);
  const removed = [...kept.keys()].filter((path) => !found.has(path));
  await manager.event("store", { documents: removed.length }, () => store.clean(removed));
  totals.removed = removed.length;
  if (totals.changed + totals.removed > 0) await store.tidy();
  assert.equal(await store.countPassages(), totals.passages, "the store must hold each passage");
}

/** A worker stores this batch before it takes another one: a kill loses at most what the workers hold. */
async function embedAndStore(
  batch: Batch,
  embedding: Set<string>,
  { model, store, manager, totals, signal }: IngestOptions,
): Promise<Batch> {
  const { missing } = batch;
  if (missing.length === 0) return batch;
  const texts = missing.map(({ passage }) => passage.text);
  const { embeddings, failed } = await model.getTextEmbeddingBatch(texts, { signal, settle: true });
  const come = missing.flatMap(({ passage: { key } }, index) => {
    const vector = embeddings[index];
    return vector === undefined ? [] : [{ key, vector }];
  });
  if (come.length > 0) {
    await manager.event("store", { embeddings: come.length }, () => store.addEmbeddings(come));
    totals.embedded += come.length;
    for (const { key } of come) embedding.delete(key);
  }
  const [failure] = failed;
  if (failure === undefined) return batch;
  const { path, passage } = missing[failure.index]!;
  const others = failed.length === 1 ? "" : ` and ${failed.length - 1} more passages`;
  const reason = failure.error instanceof Error ? failure.error.message : String(failure.error);
  throw new Error(`no embedding of ${path}:${passage.line}${others}: ${reason}`, { cause: failure.error });
}
