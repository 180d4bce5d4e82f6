import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "llx-cache-limit-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Embeds ten texts with a cache of one file each, and tells what was wrong. */
const embeds = `
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fakeEmbedding, fakeVector } from "@llx/embeddings/testing";
await mkdir(process.env.FOLDER + "/cache", { recursive: true });
const pathOf = (key) => process.env.FOLDER + "/cache/" + encodeURIComponent(key);
const store = {
  get: (key) => (existsSync(pathOf(key)) ? readFile(pathOf(key), "utf8") : undefined),
  set: (key, value) => writeFile(pathOf(key), value),
};
const errors = [];
let requested = 0;
const model = fakeEmbedding({
  dimensions: 1024,
  cache: { store, onError: ({ operation }) => errors.push(operation) },
  respond: ({ texts }) => void (requested += texts.length),
});
const texts = Array.from({ length: 10 }, (_, n) => "text " + n);
const { embeddings } = await model.getTextEmbeddingBatch(texts);
const wrong = texts.filter((text, n) => fakeVector(text, 1024).some((value, i) => value !== embeddings[n][i])).length;
console.log(JSON.stringify({ wrong, requested, errors: [...new Set(errors)] }));
`;

/**
 * What a script prints.
 *
 * @param example where the built packages can be found
 * @param limit of each file, in KiB
 */
function printedBy(script: string, example: string, limit: string): unknown {
  const node = resolve("node_modules/.bin/node");
  const printed = execFileSync(
    "bash",
    ["-c", `ulimit -f ${limit}; exec "$0" --input-type=module --eval "$1"`, node, script],
    { cwd: resolve("examples", example), encoding: "utf8", env: { ...process.env, FOLDER: folder } },
  );
  return JSON.parse(printed);
}

it("a cache whose files are cut gives no wrong vector, and heals when there is room", () => {
  const embed = (limit: string): unknown => printedBy(embeds, "quickstart", limit);
  expect(embed("2")).toEqual({ wrong: 0, requested: 10, errors: ["write"] });
  const cache = join(folder, "cache");
  const sizes = readdirSync(cache).map((name) => statSync(join(cache, name)).size);
  expect(sizes).toEqual(sizes.map(() => 2_048));
  expect(sizes).toHaveLength(10);
  expect(embed("unlimited")).toEqual({ wrong: 0, requested: 10, errors: ["damaged value"] });
  expect(embed("unlimited")).toEqual({ wrong: 0, requested: 0, errors: [] });
});

/** Adds a hundred large jobs at a time until that fails or all are added, and runs all if told to. */
const enqueues = `
import { createJobQueue, defineJob } from "@llx/jobs-pgboss";
const job = defineJob("large", { handler: (text) => text.length });
await using queue = await createJobQueue({ directory: process.env.FOLDER + "/queue" });
// Random, as the database compresses.
const large = () => crypto.getRandomValues(Buffer.alloc(20_000)).toString("base64");
let added = 0;
let error = "";
try {
  for (; added < ADDED; added += 100) await queue.enqueue(job, Array.from({ length: 100 }, large));
} catch ({ message }) {
  error = message;
}
const { waiting } = await queue.counts(job);
if (RUN) await queue.work(job).idle();
const { done } = await queue.counts(job);
console.log(JSON.stringify({ added, error, waiting, done }));
`;

it("a queue whose files may not grow keeps its jobs, and goes on when there is room", () => {
  const enqueue = (added: number, run: boolean, limit: string): { added: number } =>
    printedBy(
      enqueues.replace("ADDED", `${added}`).replace("RUN", `${run}`),
      "ingestion-distributed",
      limit,
    ) as { added: number };
  // The database's log has files of 16 MiB.
  const first = enqueue(2_000, false, "20480");
  expect(first).toEqual({
    added: expect.any(Number) as number,
    error: expect.stringMatching(
      /^0 of 100 jobs of large could be stored: .*File too large\. With keys, the call can be repeated$/,
    ) as string,
    waiting: first.added,
    done: 0,
  });
  expect(first.added).toBeGreaterThan(100);
  const all = first.added + 100;
  expect(enqueue(100, true, "unlimited")).toEqual({ added: 100, error: "", waiting: all, done: all });
}, 60_000);
