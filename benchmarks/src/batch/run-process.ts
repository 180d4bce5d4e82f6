// The process that has the run of `million.ts`: measures itself, and checks some of the results.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { embedBatchJob, openRun } from "@llx/embeddings-batch";
import { openaiBatches } from "@llx/embeddings-openai/batch";
import { fakeVector } from "@llx/embeddings/testing";
import { createJobQueue } from "@llx/jobs-pgboss";

export interface Settings {
  readonly url: string;
  readonly apiKey: string;
  readonly dimensions: number;
  readonly folder: string;
  readonly texts: number;
  /**
   * Which process this is: one that creates the queue's database, and keeps memory of it that it gives back later; one that
   * measures its memory as it is; or one that collects garbage all the time, and measures what is left.
   */
  readonly task: "create" | "peak" | "held";
}

/** Sizes in bytes. */
export interface Measured {
  /** Memory of the process with the opened queue. */
  readonly opened: number;
  /** Memory after a run of a few texts, for which the queue, the connections and the compiler have been used. */
  readonly used: number;
  /** The most memory of the process while it works. */
  readonly peak: number;
  /** The most that the heap and buffers have grown, of which garbage is a part unless it is collected all the time. */
  readonly held: number;
  readonly milliseconds: number;
  /** Files of results. */
  readonly results: number;
  /** All files of the run. */
  readonly directory: number;
  /** What the process has written to the disk. */
  readonly written: number;
  /** Results that were read and are right. */
  readonly right: number;
}

const { url, apiKey, dimensions, folder, texts, task } = JSON.parse(process.argv[2]!) as Settings;
const collect = globalThis.gc!;

/** Different texts, as a database streams them. */
async function* source(count: number): AsyncGenerator<string> {
  for (let index = 0; index < count; index++) {
    yield `Passage ${index} of a long corpus: what it says takes about a hundred characters, as short passages do.`;
  }
}

/** Bytes that the process has sent to the disk, as Linux counts them. */
function writtenBytes(): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))![1]);
}

function sizeOf(path: string): number {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

const queue = await createJobQueue({ directory: join(folder, "jobs") });
if (task === "create") {
  await queue.aclose();
  process.exit();
}
const service = openaiBatches({
  apiKey,
  baseUrl: `${url}/v1`,
  provider: "openai",
  dimensions,
  encoding: "base64",
});
const pauses = { first: 100, longest: 500 };
const allocated = (): number => {
  if (task === "held") collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
collect();
const opened = process.memoryUsage.rss();
const before = allocated();
const small = await embedBatchJob(source(10), { service, queue, directory: join(folder, "small"), pauses });
await small.finished();
await small.aclose();
const used = process.memoryUsage.rss();
const writtenBefore = writtenBytes();
let [peak, held] = [0, 0];
const looking = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
const weighing = setInterval(() => (held = Math.max(held, allocated() - before)), 500);

const started = performance.now();
const directory = join(folder, "run");
const run = await embedBatchJob(source(texts), { service, queue, directory, pauses });
const { embedded } = await run.finished();
assert.equal(embedded, texts);
await run.aclose();
const milliseconds = performance.now() - started;
const written = writtenBytes() - writtenBefore;
clearInterval(looking);
clearInterval(weighing);
await Promise.all([service.aclose(), queue.aclose()]);

await using stored = await openRun(directory);
let right = 0;
for await (const { index, text, embedding } of stored.results({ ordered: true })) {
  assert.equal(index, right++);
  // Computing all of them takes longer than the run.
  if (index % 997 === 0) assert.deepEqual(embedding, fakeVector(text, dimensions));
}
const measured: Measured = {
  opened,
  used,
  peak,
  held,
  milliseconds,
  results: sizeOf(join(directory, "results")),
  directory: sizeOf(directory),
  written,
  right,
};
process.send!(measured);
process.disconnect();
