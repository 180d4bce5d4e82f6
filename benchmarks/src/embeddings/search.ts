// One query over many vectors: the ten most similar by cosine.
import { topK, vectorIndex } from "@llx/embeddings";
import { exactSearch, MetricKind } from "usearch";
import { compare } from "../harness.ts";
import { seeded } from "../async/seeded.ts";

const count = process.argv.includes("--quick") ? 20_000 : 1_000_000;
const dimensions = 384;
const k = 10;

const random = seeded(7);
const vector = (): Float32Array => Float32Array.from({ length: dimensions }, () => random() - 0.5);
const vectors = Array.from({ length: count }, vector);
const query = vector();

/** As one writes it by hand: one sum after another, then all scores sorted. */
function sortAll(): readonly { readonly index: number; readonly score: number }[] {
  return vectors
    .map((each, index) => {
      let [dot, squaresA, squaresB] = [0, 0, 0];
      for (let i = 0; i < dimensions; i++) {
        dot += query[i]! * each[i]!;
        squaresA += query[i]! ** 2;
        squaresB += each[i]! ** 2;
      }
      return { index, score: dot / Math.sqrt(squaresA * squaresB) };
    })
    .sort((a, b) => b.score - a.score)
    .slice(0, k);
}

const index = vectorIndex(vectors);
const block = new Float32Array(count * dimensions);
for (const [at, each] of vectors.entries()) block.set(each, at * dimensions);

const expected = sortAll().map((match) => match.index);
const check = (found: readonly number[]): void => {
  if (found.join() !== expected.join()) throw new Error(`found ${found.join()}, not ${expected.join()}`);
};

const contender = (name: string, search: () => readonly number[]) => ({
  name,
  async run(times: number): Promise<void> {
    for (let i = 0; i < times; i++) check(search());
  },
});

await compare(
  `The ${k} nearest of ${count.toLocaleString("en")} vectors of ${dimensions} dimensions`,
  [
    contender("by hand: compare all, sort all", () => sortAll().map((match) => match.index)),
    contender("ours: topK", () => topK(query, vectors, k).map((match) => match.index)),
    contender("ours: vectorIndex", () => index.topK(query, k).map((match) => match.index)),
    contender("usearch: exactSearch, one thread", () =>
      Array.from(exactSearch(block, query, dimensions, k, MetricKind.Cos, 1).keys, Number),
    ),
  ],
  { times: 1, rounds: 5 },
);
