import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutIntoPassages, documentHash, maxCharacters } from "./passages.ts";

const cut = (text: string): [line: number, text: string][] =>
  cutIntoPassages(text).map(({ line, text: words }) => [line, words]);

describe("a document is cut", () => {
  it("at headings, with the paragraphs of a section together and the line they start at", () => {
    expect(cut("# One\n\nfirst\nwords\n\nmore\n\n## Two\nlast\n")).toEqual([
      [1, "# One first words more"],
      [8, "## Two last"],
    ]);
  });

  it("where a passage would be longer than 600 characters", () => {
    const paragraph = "x".repeat(299);
    expect(cut([paragraph, paragraph, paragraph].join("\n\n"))).toEqual([
      [1, `${paragraph} ${paragraph}`],
      [5, paragraph],
    ]);
  });

  it("at the end of a sentence, else of a word, else anywhere but within a character", () => {
    const sentence = `${"a".repeat(400)}. `;
    expect(cut(`${sentence}${"b ".repeat(200)}`).map(([, text]) => text.length)).toEqual([401, 399]);
    expect(cut("abc ".repeat(200)).map(([, text]) => text.length)).toEqual([599, 199]);
    expect(cut(`x${"😀".repeat(400)}`).map(([, text]) => text.length)).toEqual([599, 202]);
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

  it("without losing a word, into pieces that are short and have no white space around them", () => {
    const piece = fc.oneof(
      fc.constantFrom("\n", "\n\n", "# ", "\r\n", " ", ". ", "\0", "😀", "a".repeat(700)),
      fc.string({ unit: "grapheme" }),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join("");
        const passages = cutIntoPassages(text);
        for (const { text: words, key } of passages) {
          expect(words).toBe(words.trim());
          expect(words.length).toBeGreaterThan(0);
          expect(words.length).toBeLessThanOrEqual(maxCharacters);
          expect(key).toBe(createHash("sha256").update(words).digest("hex"));
        }
        const letters = (words: string): string => words.replaceAll(/[\s\0]/g, "");
        expect(letters(passages.map(({ text: words }) => words).join(""))).toBe(letters(text));
      }),
    );
  });
});

it("a document's hash stands for its text", () => {
  expect(documentHash("a")).toBe(documentHash("a"));
  expect(documentHash("a")).not.toBe(documentHash("b"));
});
