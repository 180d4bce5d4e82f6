// The local model on each of its engines, two threads: short texts and long ones.
import { localEmbedding } from "@llx/embeddings-local";
import { median } from "../harness.ts";

const rounds = 5;
const engines = ["wasm", "onnxruntime-node"] as const;

const sentence = "The moon makes the tides rise and fall on every coast of the world.";
const sections = [
  {
    title: "15 tokens",
    texts: Array.from({ length: 320 }, (_, i) => `Number ${i}: the moon, the tides and bread.`),
  },
  {
    title: "205 tokens",
    texts: Array.from({ length: 64 }, (_, i) => `Number ${i}. ${sentence} `.padEnd(880, `${sentence} `)),
  },
];

console.log(
  `\n**Local embeddings, two threads** (Node ${process.versions.node}, median of ${rounds} rounds)\n`,
);
console.log("| | texts a second, wasm | onnxruntime-node | ratio |\n| --- | ---: | ---: | ---: |");
for (const { title, texts } of sections) {
  const times = new Map<string, number[]>(engines.map((engine) => [engine, []]));
  for (let round = 0; round < rounds; round++) {
    for (const engine of engines) {
      // oxlint-disable-next-line no-await-in-loop -- one after another is the point
      await using model = localEmbedding({ engine, workers: 2, truncate: true });
      // Both threads load the model.
      // oxlint-disable-next-line no-await-in-loop
      await model.getTextEmbeddingBatch(texts.slice(0, 64));
      const start = performance.now();
      // oxlint-disable-next-line no-await-in-loop
      await model.getTextEmbeddingBatch(texts);
      times.get(engine)!.push(performance.now() - start);
    }
  }
  const [wasm, native] = engines.map((engine) => times.get(engine)!) as [number[], number[]];
  const perSecond = (all: readonly number[]): string => ((1000 * texts.length) / median(all)).toFixed(0);
  const ratio = median(wasm.map((time, round) => time / native[round]!)).toFixed(1);
  console.log(`| ${title} | ${perSecond(wasm)} | ${perSecond(native)} | ${ratio} |`);
}
