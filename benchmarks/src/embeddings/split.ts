// Splits the documents of this repository, and a word without a blank, into passages by tokens: how fast, and where the cuts are.
// LlamaIndexTS counts with gpt-tokenizer or js-tiktoken, as it finds them.
// LangChain's TokenTextSplitter is absent: it loads the table of its tokens from another address.
import { globSync, readFileSync } from "node:fs";
import { RecursiveCharacterTextSplitter } from "@langchain/textsplitters";
import { SentenceSplitter } from "@llamaindex/core/node-parser";
import { splitText } from "@llx/embeddings/passages";
import { countTokens } from "@llx/embeddings-openai/tokens";
import { encode } from "gpt-tokenizer/encoding/cl100k_base";

const root = new URL("../../../", import.meta.url).pathname;
const exclude = ["**/node_modules/**", "docs/api/**", "**/dist/**"];
const documents = globSync(["docs/**/*.md", "*/*/README.md", "*.md"], { cwd: root, exclude })
  .toSorted()
  // LlamaIndexTS throws for a text that contains what looks like a special token.
  .map((file) => readFileSync(root + file, "utf8").replaceAll("<|endoftext|>", ""));

const chunk = 256;
const overlap = 32;
const plain = { disallowedSpecial: new Set<string>() };
const plainCount = (text: string): number => encode(text, plain).length;

const recursive = new RecursiveCharacterTextSplitter({
  chunkSize: chunk,
  chunkOverlap: overlap,
  lengthFunction: plainCount,
});
const llamaindex = new SentenceSplitter({ chunkSize: chunk, chunkOverlap: overlap });

const contenders: readonly (readonly [string, (text: string) => string[] | Promise<string[]>])[] = [
  [
    "`splitText`, counted by `@llx/embeddings-openai/tokens`",
    (text) => splitText(text, { tokens: chunk, overlap, countTokens }).map((passage) => passage.text),
  ],
  [
    "`splitText`, estimated",
    (text) => splitText(text, { tokens: chunk, overlap }).map((passage) => passage.text),
  ],
  [
    "LangChain `RecursiveCharacterTextSplitter`, counted by gpt-tokenizer",
    (text) => recursive.splitText(text),
  ],
  ["LlamaIndexTS `SentenceSplitter`", (text) => llamaindex.splitText(text)],
];

const sum = (all: readonly number[]): number => all.reduce((total, each) => total + each, 0);
const characters = sum(documents.map((text) => text.length));
console.log(
  `\n**${documents.length} documents, ${(characters / 1e6).toFixed(1)} million characters** (Node ${process.versions.node}, ${chunk} tokens, overlap ${overlap}, best of 3)\n`,
);
console.log(
  "| | s | passages | tokens in one, mean | above the limit | cut within a word | a word of 2,000 / 4,000 / 8,000 letters, ms |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
);
for (const [name, split] of contenders) {
  let best = Infinity;
  let passages: string[][] = [];
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    const start = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- one after another is the point
    passages = await inTurn(documents, split);
    best = Math.min(best, performance.now() - start);
  }
  const counts = passages.flat().map(plainCount);
  const above = counts.filter((count) => count > chunk).length;
  const cut = passages.map((own, i) => own.filter((passage) => endsInWord(documents[i]!, passage)).length);
  const words: string[] = [];
  for (const letters of [2_000, 4_000, 8_000]) {
    const start = performance.now();
    // oxlint-disable-next-line no-await-in-loop
    await split("a".repeat(letters));
    words.push((performance.now() - start).toFixed(0));
  }
  const cells = [
    name,
    (best / 1000).toFixed(2),
    counts.length,
    (sum(counts) / counts.length).toFixed(0),
    above,
    sum(cut),
    words.join(" / "),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}

async function inTurn(
  texts: readonly string[],
  split: (text: string) => string[] | Promise<string[]>,
): Promise<string[][]> {
  const all: string[][] = [];
  // oxlint-disable-next-line no-await-in-loop
  for (const text of texts) all.push(await split(text));
  return all;
}

/** Whether the passage ends, wherever it stands in the document, between two letters. */
function endsInWord(document: string, passage: string): boolean {
  const at = document.indexOf(passage);
  const around = at < 0 ? "" : document.slice(at + passage.length - 1, at + passage.length + 1);
  return /^\p{L}\p{L}$/u.test(around);
}
