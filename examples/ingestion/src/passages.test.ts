import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { localEmbedding } from "@llx/embeddings-local";
import { fakeEmbedding } from "@llx/embeddings/testing";
import { cutIntoPassages, documentHash, passageSize } from "./passages.ts";

/** A word is a token. */
const countTokens = (text: string): number => text.match(/\S+/g)?.length ?? 0;
const cut = (text: string, tokens = 8): [line: number, text: string][] =>
  cutIntoPassages(text, { tokens, countTokens }).map(({ line, text: words }) => [line, words]);

describe("a document is cut", () => {
  it("at headings, with the paragraphs of a section together and the line they start at", () => {
    expect(cut("# One\n\nfirst\nwords\n\nmore\n\n## Two\nlast\n")).toEqual([
      [1, "# One first words more"],
      [8, "## Two last"],
    ]);
  });

  it("after a sentence, where a passage would have more tokens than it may", () => {
    expect(cut("One two three.\nFour five.\n\nSix seven eight. Nine ten.", 5)).toEqual([
      [1, "One two three. Four five."],
      [4, "Six seven eight. Nine ten."],
    ]);
  });

  it("whatever its line ends are", () => {
    expect(cut("# One\r\n\r\nfirst\r\n\r\n# Two\r\nlast")).toEqual([
      [1, "# One first"],
      [5, "# Two last"],
    ]);
  });

  it("into nothing where there are no words", () => {
    expect(cut(" \n\n\t\r\n\0")).toEqual([]);
  });

  it("without losing a word, into pieces that have no white space around them", () => {
    const piece = fc.oneof(
      fc.constantFrom("\n", "\n\n", "# ", "\r\n", " ", ". ", "\0", "😀", "a".repeat(700)),
      fc.string({ unit: "grapheme" }),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join("");
        const passages = cutIntoPassages(text, { tokens: 8, countTokens });
        for (const { text: words, key } of passages) {
          expect(words).toBe(words.trim());
          expect(words.length).toBeGreaterThan(0);
          expect(countTokens(words)).toBeLessThanOrEqual(8);
          expect(key).toBe(createHash("sha256").update(words).digest("hex"));
        }
        const letters = (words: string): string => words.replaceAll(/[\s\0]/g, "");
        expect(letters(passages.map(({ text: words }) => words).join(""))).toBe(letters(text));
      }),
    );
  });
});

describe("a passage", () => {
  it("has no more tokens than the local model reads, by its own tokenizer", async () => {
    await using model = localEmbedding();
    const size = passageSize(model);
    expect(size.tokens).toBeLessThanOrEqual(model.limits.tokensPerInput!);
    const passages = cutIntoPassages("Zooplankton drifts; jellyfish pulsate. ".repeat(100), size);
    expect(passages.length).toBeGreaterThan(5);
    for (const { text } of passages) expect(model.countTokens!(text)).toBeLessThanOrEqual(size.tokens);
  });

  it("is shorter for a model that reads less", async () => {
    await using model = fakeEmbedding({ limits: { inputs: 4, tokensPerInput: 64 } });
    expect(passageSize(model)).toMatchObject({ tokens: 64, overlap: 8 });
  });
});

it("a document's hash stands for its text", () => {
  expect(documentHash("a")).toBe(documentHash("a"));
  expect(documentHash("a")).not.toBe(documentHash("b"));
});
