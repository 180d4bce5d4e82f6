// No text is paid for twice, within a run or in the next one.
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import type { CacheStore } from "@llx/embeddings";
import { fakeEmbedding } from "@llx/embeddings/testing";

/** Stores each embedding in a file. */
function fileStore(folder: string): CacheStore {
  const pathOf = (key: string): string => join(folder, encodeURIComponent(key));
  return {
    get: (key) => (existsSync(pathOf(key)) ? readFile(pathOf(key), "utf8") : undefined),
    set: (key, value) => writeFile(pathOf(key), String(value)),
  };
}

const debug = new DebugHandler();
const callbackManager = new CallbackManager({ handlers: [debug] });

async function run(folder: string, texts: readonly string[]): Promise<void> {
  const model = fakeEmbedding({ cache: fileStore(folder), callbackManager });
  await model.getTextEmbeddingBatch(texts);
  await model.aclose();
}

const folder = await mkdtemp(join(tmpdir(), "embeddings-"));
await run(folder, ["one", "two", "three"]);
await run(folder, ["one", "two", "three", "four"]);
for (const [, end] of debug.getEventPairs("embed_texts")) {
  if (end.type !== "embed_texts") continue;
  const { count, cached = 0, usage } = end.endPayload;
  console.log(`${count} texts, ${cached} of them cached; ${usage?.totalTokens} tokens`);
}
await rm(folder, { recursive: true });
