import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

/** One process: embeds the same texts in an order of its own, through a cache on disk that all share. */
const script = `
import { DatabaseSync } from "node:sqlite";
import { createEmbeddingModel } from "@llx/embeddings";
const [path, seed, damage] = process.argv.slice(1);
const db = new DatabaseSync(path, { timeout: 20_000 });
db.exec("PRAGMA journal_mode = WAL");
db.exec("CREATE TABLE IF NOT EXISTS cache (key TEXT PRIMARY KEY, value TEXT) STRICT");
const read = db.prepare("SELECT value FROM cache WHERE key = ?");
const write = db.prepare("INSERT OR REPLACE INTO cache VALUES (?, ?)");
const store = {
  get: (key) => read.get(key)?.value,
  set(key, value) {
    write.run(key, value);
    // A disk that writes other bytes than it was given, now and then.
    if (damage === "damage" && Math.random() < 0.2) write.run(key, value.slice(0, 12) + "AAAA" + value.slice(16));
  },
};
const numbers = (text) => Float32Array.from({ length: 16 }, (_, at) => Math.fround(Math.sin(Number(text.slice(5)) * 16 + at)));
let sent = 0;
let damaged = 0;
const model = createEmbeddingModel(
  {
    provider: "fake",
    model: "sines",
    dimensions: 16,
    limits: { inputs: 8 },
    embed: async ({ texts }) => {
      sent += texts.length;
      await new Promise(setImmediate);
      return { embeddings: texts.map((text, index) => ({ index, embedding: numbers(text) })) };
    },
  },
  { cache: { store, onError: () => damaged++ } },
);
const texts = Array.from({ length: 400 }, (_, at) => "text " + ((at * 7 + Number(seed) * 50) % 400));
let wrong = 0;
for (let round = 0; round < 3; round++) {
  const { embeddings } = await model.getTextEmbeddingBatch(texts);
  wrong += embeddings.filter((embedding, at) => String(embedding) !== String(numbers(texts[at]))).length;
}
console.log(JSON.stringify({ sent, damaged, wrong }));
`;

interface Report {
  readonly sent: number;
  readonly damaged: number;
  readonly wrong: number;
}

it("serves 8 processes at once from one cache, also where one of them damages what it writes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "llx-cache-"));
  const run = async (seed: number, damage: string): Promise<Report> => {
    const args = ["--no-warnings", "--input-type=module", "--eval", script, join(folder, "cache.db")];
    // Where the built packages can be found.
    const { stdout } = await promisify(execFile)(process.execPath, [...args, String(seed), damage], {
      cwd: resolve("examples/quickstart"),
    });
    return JSON.parse(stdout) as Report;
  };
  try {
    const reports = await Promise.all(
      Array.from({ length: 8 }, (_, seed) => run(seed, seed === 0 ? "damage" : "")),
    );
    expect(reports.map(({ wrong }) => wrong)).toEqual(new Array(8).fill(0));
    const sum = (figure: keyof Report): number =>
      reports.reduce((total, report) => total + report[figure], 0);
    expect(sum("sent")).toBeGreaterThanOrEqual(400);
    // Processes in step may each embed every text once, and again what was found damaged; without a cache each does it
    // in each of its three rounds.
    expect(sum("sent") - sum("damaged")).toBeLessThanOrEqual(8 * 400);
    expect(sum("damaged")).toBeGreaterThan(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
