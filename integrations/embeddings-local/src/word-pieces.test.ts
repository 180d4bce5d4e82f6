import { expect, it } from "vitest";
import { includedModel } from "./local-model.ts";
import { readWordPieces } from "./word-pieces.ts";

const { tokensOf, before, after } = readWordPieces(includedModel().files.tokenizer);

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
  expect(tokensOf(text).length).toBe(count);
});

it.each([
  // The ids that Hugging Face publishes for this tokenizer.
  ["Hello world", [7592, 2088]],
  ["[MASK] a [SEP]", [103, 1037, 102]],
  ["x".repeat(101), [100]],
])("%j has the tokens %j", (text, tokens) => {
  expect(tokensOf(text)).toEqual(tokens);
});

it("lowers the case of each letter by itself", () => {
  // The last letter of a Greek word has a form of its own, which the model does not use for capitals.
  expect(tokensOf("\u039F\u03A3")).toEqual(tokensOf("\u03BF\u03C3"));
  expect(tokensOf("\u03BF\u03C2")).not.toEqual(tokensOf("\u03BF\u03C3"));
});

it("reads the marks around a text", () => {
  expect({ before, after }).toEqual({ before: [101], after: [102] });
});
