// The local model on each of its engines, and in 8 bits, two threads: short texts and long ones.
import { localEmbedding } from "@llx/embeddings-local";
import { median } from "../harness.ts";

const rounds = 5;
const contenders = [
  { engine: "wasm", precision: "fp32" },
  { engine: "onnxruntime-node", precision: "fp32" },
  { engine: "onnxruntime-node", precision: "int8" },
] as const;

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
console.log("| | texts a second, wasm | onnxruntime-node | ratio | int8 | ratio |");
console.log("| --- | ---: | ---: | ---: | ---: | ---: |");
for (const { title, texts } of sections) {
  const times = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      // oxlint-disable-next-line no-await-in-loop -- one after another is the point
      await using model = localEmbedding({ ...contender, workers: 2, truncate: true });
      // Both threads load the model.
      // oxlint-disable-next-line no-await-in-loop
      await model.getTextEmbeddingBatch(texts.slice(0, 64));
      const start = performance.now();
      // oxlint-disable-next-line no-await-in-loop
      await model.getTextEmbeddingBatch(texts);
      times[index]!.push(performance.now() - start);
    }
  }
  const [wasm, native, int8] = times as [number[], number[], number[]];
  const perSecond = (all: readonly number[]): string => ((1000 * texts.length) / median(all)).toFixed(0);
  const ratio = (all: readonly number[]): string =>
    median(wasm.map((time, round) => time / all[round]!)).toFixed(1);
  console.log(
    `| ${title} | ${perSecond(wasm)} | ${perSecond(native)} | ${ratio(native)} | ${perSecond(int8)} | ${ratio(int8)} |`,
  );
}
