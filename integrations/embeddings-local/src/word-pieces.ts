import { readFileSync } from "node:fs";
import { modelFile } from "./model-files.ts";

/** A longer word is one piece, outside the vocabulary. */
const longestWord = 100;

/** The marks that a text may contain itself. */
const mark = /(\[(?:PAD|UNK|CLS|SEP|MASK)\])/;

let vocabulary: ReadonlyMap<string, number> | undefined;

/**
 * The number of tokens of a text: the word pieces of BERT, lower case and without accents. The two marks that the model
 * adds to each text are not counted.
 */
export function countWordPieces(text: string): number {
  return wordPieces(text).length;
}

/** The ids of the tokens of a text, without the two marks that the model adds. */
export function wordPieces(text: string): number[] {
  const known = (vocabulary ??= readVocabulary());
  // Every second part is a mark.
  return text
    .split(mark)
    .flatMap((part, index) =>
      index % 2 === 1 ? known.get(part)! : wordsOf(part).flatMap((word) => piecesOf(word, known)),
    );
}

/** Punctuation marks, and ideographs of languages without spaces, are separate words. */
function wordsOf(text: string): string[] {
  return (
    text
      .replaceAll(/(?![\t\n\r])\p{C}|\uFFFD/gu, "")
      .replaceAll(ideograph, " $& ")
      .normalize("NFD")
      .replaceAll(/\p{Mn}/gu, "")
      // Letter by letter: a word does not change the form of its last one.
      .replaceAll("\u03A3", "\u03C3")
      .toLowerCase()
      .match(/[\p{P}$+<=>^`|~]|[^\s\p{P}$+<=>^`|~]+/gu) ?? []
  );
}

/** The blocks that BERT names; not Japanese syllables, nor Korean. */
const ideograph =
  /[\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B820}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;

/** Takes the longest known piece, again and again; a word with an unknown part is one token. */
function piecesOf(word: string, known: ReadonlyMap<string, number>): number | number[] {
  const whole = known.get(word);
  if (whole !== undefined) return whole;
  const unknown = known.get("[UNK]")!;
  const characters = Array.from(word);
  if (characters.length > longestWord) return unknown;
  const pieces: number[] = [];
  for (let start = 0; start < characters.length;) {
    let end = characters.length;
    let id: number | undefined;
    for (; end > start; end--) {
      id = known.get((start > 0 ? "##" : "") + characters.slice(start, end).join(""));
      if (id !== undefined) break;
    }
    if (id === undefined) return unknown;
    pieces.push(id);
    start = end;
  }
  return pieces;
}

function readVocabulary(): ReadonlyMap<string, number> {
  const { model } = JSON.parse(readFileSync(modelFile("tokenizer.json"), "utf8")) as {
    model: { vocab: Record<string, number> };
  };
  return new Map(Object.entries(model.vocab));
}
