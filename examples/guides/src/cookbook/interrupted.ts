import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asyncRun } from "@llx/async";
import { fakeEmbedding } from "@llx/embeddings/testing";

const folder = mkdtempSync(join(tmpdir(), "vectors-"));
const file = join(folder, "vectors.json");
const texts = Array.from({ length: 1000 }, (_, index) => `text ${index}`);
let paid = 0;
let isInterrupted = false;

async function respond(request: { readonly texts: readonly string[] }): Promise<void> {
  if (paid === 500 && !isInterrupted) {
    isInterrupted = true;
    process.kill(process.pid, "SIGINT"); // what Ctrl-C sends
    await new Promise(() => {}); // until it is aborted
  }
  paid += request.texts.length;
}

async function run(): Promise<void> {
  await asyncRun(async ({ signal, own, defer }) => {
    const stored = existsSync(file) ? (JSON.parse(await readFile(file, "utf8")) as [string, string][]) : [];
    const cache = new Map(stored);
    // After the model is closed, whatever ends the run. A second Ctrl-C ends it at once: so the file is replaced when it is whole.
    defer(async () => {
      await writeFile(`${file}.new`, JSON.stringify([...cache]));
      await rename(`${file}.new`, file);
    });
    const model = own(fakeEmbedding({ cache, limits: { inputs: 100 }, workers: 1, respond }));

    const { embeddings, failed } = await model.getTextEmbeddingBatch(texts, { settle: true, signal });
    console.log(`${embeddings.length - failed.length} embedded, ${failed.length} left`);
  });
}

await run().catch((error: Error) => console.log(error.message));
process.exitCode = 0;
await run(); // as the program's next start would
console.log(paid, "texts paid for");

rmSync(folder, { recursive: true });
