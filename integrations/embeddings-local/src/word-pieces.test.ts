import { expect, it } from "vitest";
import { countWordPieces } from "./word-pieces.ts";

it.each([
  // As the model's authors and Hugging Face publish them.
  ["I have a new GPU!", 7], // i have a new gp ##u !
  ["Here is the sentence I want embeddings for.", 12], // … em ##bed ##ding ##s for .
  ["", 0],
  [" \t\n ", 0],
  ["don't", 3], // don ' t
  ["a+b=c", 5],
  ["Café CAFÉ cafe\u0301 cafe", 4],
  ["日本", 2],
  // Signs that are not seen do not part words, but spaces of all kinds do.
  ["the\u0000re \u200Bis\uFEFF", 2],
  ["a\u00A0b\u2028c", 3],
  ["x".repeat(101), 1],
  ["[CLS] a [SEP]", 3],
  ["🦄", 1],
])("%j has %d tokens", (text, count) => {
  expect(countWordPieces(text)).toBe(count);
});
