// What 8 bits cost: the repository's own documents, searched with their headings and the titles of tests, in both precisions.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Embedding, similarity, topK } from "@llx/embeddings";
import { localEmbedding } from "@llx/embeddings-local";
import { median } from "../harness.ts";

const root = join(import.meta.dirname, "../../..");
const sources = (pattern: string): string[] =>
  execFileSync("git", ["ls-files", pattern, ":!.changeset"], { cwd: root, encoding: "utf8" })
    .trim()
    .split("\n")
    .map((path) => readFileSync(join(root, path), "utf8"));

const blocks = sources("*.md").flatMap((text) => text.replaceAll(/^```[\s\S]*?^```/gm, "").split(/\n{2,}/));
const headings = blocks.flatMap((block) => /^#{1,4} (?:\d+[.:] )?(.*)$/m.exec(block)?.[1] ?? []);
const titles = sources("packages/embeddings/src/*.test.ts").flatMap((text) =>
  [...text.matchAll(/^ *it\("([^"]+)"/gm)].map(([, title]) => title!),
);
const questions = [...new Set([...headings, ...titles].filter((question) => question.includes(" ")))];
const passages = [...new Set(blocks.filter((block) => !block.startsWith("#") && block.length > 120))];

async function embed(precision: "fp32" | "int8"): Promise<readonly Embedding[]> {
  await using model = localEmbedding({ precision, workers: 2, truncate: true });
  return (await model.getTextEmbeddingBatch([...questions, ...passages])).embeddings;
}

const exact = await embed("fp32");
const quantized = await embed("int8");
const found = (vectors: readonly Embedding[]): number[][] =>
  questions.map((_, question) =>
    topK(vectors[question]!, vectors.slice(questions.length), 10).map(({ index }) => index),
  );
const [expected, actual] = [found(exact), found(quantized)];
const alike = exact.map((vector, index) => similarity(vector, quantized[index]!));
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const sameFirst = actual.filter(([first], index) => first === expected[index]![0]).length;
const firstIsAmongThree = actual.filter(([first], index) =>
  expected[index]!.slice(0, 3).includes(first!),
).length;
const shared = actual.reduce(
  (sum, indexes, index) => sum + indexes.filter((each) => expected[index]!.includes(each)).length,
  0,
);

console.log(`\n**int8 beside fp32: ${questions.length} questions, ${passages.length} passages**\n`);
console.log("| | |\n| --- | ---: |");
console.log(`| cosine of the two vectors of a text, median | ${median(alike).toFixed(4)} |`);
console.log(`| the least | ${Math.min(...alike).toFixed(4)} |`);
console.log(`| same first passage | ${percent(sameFirst / questions.length)} |`);
console.log(`| first passage among the first three | ${percent(firstIsAmongThree / questions.length)} |`);
console.log(`| of the first ten passages, the same | ${percent(shared / questions.length / 10)} |`);
