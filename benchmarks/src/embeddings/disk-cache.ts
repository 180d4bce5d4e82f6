// A second run over the same texts, all from a cache on disk, compared with reading that cache by hand.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type CacheStore, createEmbeddingModel } from "@llx/embeddings";
import { median, number } from "../harness.ts";

const dimensions = 1024;
const rounds = 5;
const texts = Array.from({ length: 50_000 }, (_, index) => `passage number ${index} of a long text`);

const folder = mkdtempSync(join(tmpdir(), "llx-disk-cache-"));
const db = new DatabaseSync(join(folder, "cache.db"));
db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
db.exec("CREATE TABLE cache (key TEXT PRIMARY KEY, value BLOB) STRICT");
const read = db.prepare("SELECT value FROM cache WHERE key = ?");
const write = db.prepare("INSERT OR REPLACE INTO cache VALUES (?, ?)");

const store: CacheStore = {
  get: (key) => read.get(key)?.["value"],
  set: (key, value) => write.run(key, value as Uint8Array),
  getMany: (keys) => keys.map((key) => read.get(key)?.["value"]),
  setMany(entries) {
    db.exec("BEGIN");
    for (const { key, value } of entries) write.run(key, value as Uint8Array);
    db.exec("COMMIT");
  },
};

function compute(text: string): Float32Array {
  return Float32Array.from({ length: dimensions }, (_, at) => text.length / (at + 1));
}

/** Embeds all texts with a new model on the same store, and returns how many were requested from the service. */
async function run(): Promise<{ readonly milliseconds: number; readonly asked: number }> {
  let asked = 0;
  const model = createEmbeddingModel(
    {
      provider: "computed",
      model: "computed",
      dimensions,
      limits: { inputs: 96 },
      embed: async ({ texts: batch }) => {
        asked += batch.length;
        return { embeddings: batch.map((text, index) => ({ index, embedding: compute(text) })) };
      },
    },
    { cache: { store, format: "bytes" } },
  );
  const start = performance.now();
  const { embeddings } = await model.getTextEmbeddingBatch(texts);
  const milliseconds = performance.now() - start;
  assert(embeddings.every((embedding) => embedding.length === dimensions));
  await model.aclose();
  return { milliseconds, asked };
}

/** The minimum: each record by its key, its numbers in their own memory. Nothing is checked. */
function readByHand(keys: readonly string[]): number {
  const start = performance.now();
  const vectors = keys.map((key) => {
    const record = read.get(key)!["value"] as Uint8Array;
    return new Float32Array(record.buffer.slice(record.byteLength - 4 * dimensions));
  });
  assert.equal(vectors.length, texts.length);
  return performance.now() - start;
}

try {
  const first = await run();
  assert.equal(first.asked, texts.length);
  const keys = db
    .prepare("SELECT key FROM cache")
    .all()
    .map(({ key }) => key as string);
  const ours: number[] = [];
  const byHand: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // oxlint-disable-next-line no-await-in-loop -- one after another
    const { milliseconds, asked } = await run();
    assert.equal(asked, 0, "a second run must ask for nothing");
    ours.push(milliseconds);
    byHand.push(readByHand(keys));
  }
  const ratio = median(ours.map((time, round) => time / byHand[round]!));
  console.log(
    `\n**${number(texts.length)} texts, ${dimensions} dimensions, from SQLite on disk** ` +
      `(Node ${process.versions.node}, median of ${rounds} rounds)\n`,
  );
  console.log("| | ms | vs. reading by hand | requests |\n| --- | ---: | ---: | ---: |");
  console.log(
    `| first run, into the cache | ${number(Math.round(first.milliseconds))} | | ${number(Math.ceil(texts.length / 96))} |`,
  );
  console.log(`| ours, from the cache | ${number(Math.round(median(ours)))} | ${ratio.toFixed(2)} | 0 |`);
  console.log(`| reading by hand | ${number(Math.round(median(byHand)))} | 1.00 | |`);
} finally {
  db.close();
  rmSync(folder, { recursive: true, force: true });
}
