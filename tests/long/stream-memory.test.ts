import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { median } from "../median.ts";

/** Streams a million texts, and tells what of them is still in memory after every 100,000. */
const script = `
import { createEmbeddingModel } from "@llx/embeddings";
const model = createEmbeddingModel({
  provider: "fake",
  model: "counts",
  limits: { inputs: 96 },
  embed: async ({ texts }) => {
    await new Promise(setImmediate);
    return { embeddings: texts.map((text, index) => ({ index, embedding: new Float32Array(256).fill(text.length) })) };
  },
});
function* texts() {
  for (let i = 0; i < 1_000_000; i++) yield "text number " + i;
}
const kept = [];
let index = 0;
for await (const row of model.streamTextEmbeddings(texts())) {
  if (row.index !== index++ || row.embedding[0] !== row.text.length) throw new Error("out of order at " + index);
  if (index % 100_000 !== 0) continue;
  gc();
  await new Promise(setImmediate);
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  kept.push((heapUsed + arrayBuffers) / 2 ** 20);
}
console.log(JSON.stringify({ index, kept }));
`;

it("streams a million texts in memory that does not grow", () => {
  const printed = execFileSync(
    process.execPath,
    // A small heap: what is kept too long ends the process.
    ["--expose-gc", "--max-old-space-size=64", "--input-type=module", "--eval", script],
    // Where the built packages can be found.
    { cwd: resolve("examples/quickstart"), encoding: "utf8" },
  );
  const { index, kept } = JSON.parse(printed) as { index: number; kept: number[] };
  expect(index).toBe(1_000_000);
  // A million vectors of 256 numbers are 977 MiB. What is under way comes and goes: at most 36 requests of 96, 3.4 MiB,
  // and those that the engine has not given back yet.
  expect(median(kept.slice(5)) - median(kept.slice(0, 5))).toBeLessThan(8);
});
