import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { choosePassages, cutIntoPassages, maxCharacters } from "./passages.ts";

const cut = (text: string): { line: number; text: string }[] =>
  cutIntoPassages({ path: "a.md", text, isForeign: false }).map(({ line, text: words }) => ({
    line,
    text: words,
  }));

const long = "This sentence has a good sixty characters, so that it is long enough.";

describe("a document is cut", () => {
  it("at headings and blank lines, with the heading before the words and the line they start at", () => {
    expect(cut(`# Title\n\n${long}\n\n## Part\n\n${long}\nMore.\n`)).toEqual([
      { line: 3, text: `Title: ${long}` },
      { line: 7, text: `Part: ${long} More.` },
    ]);
  });

  it("at headings that are underlined", () => {
    expect(cut(`Title\n=====\n${long}\n\nPart\n----\n${long}`)).toEqual([
      { line: 3, text: `Title: ${long}` },
      { line: 7, text: `Part: ${long}` },
    ]);
  });

  it("without code, pictures, badges, addresses, tags and rules", () => {
    const text = `
[![build](https://a.example/b.svg)](https://a.example) ![logo](logo.png)

<p align="center"><b>Fast</b> and [small](https://b.example): ${long}</p>

| a | b |
| - | :-: |
| one | two |

\`\`\`js
const code = "${long}";
\`\`\`

***
`;
    const words = cut(text).map((passage) => passage.text);
    expect(words.join(" ")).toContain(`Fast and small: ${long}`);
    expect(words.join(" ")).not.toMatch(/http|const code|svg|align|---|\|/);
  });

  it("within a table by rows, each with the names of its columns", () => {
    const text = `# Options

${long}

| option | default | meaning |
| --- | :-: | --- |
| \`workers\` | 4 | how many jobs run at once: a number, or a semaphore |
| \`retry\` | | how often failed jobs are tried again, and after which waits. |
| a | 1 | x |
| b | 2 | a \\| b, which has enough words to be found |

After the table, there is a paragraph again, which is long enough.
`;
    expect(cut(text)).toEqual([
      { line: 3, text: `Options: ${long}` },
      {
        line: 7,
        text: "Options: option: workers; default: 4; meaning: how many jobs run at once: a number, or a semaphore.",
      },
      {
        line: 8,
        text: "Options: option: retry; meaning: how often failed jobs are tried again, and after which waits.",
      },
      {
        line: 9,
        text:
          "Options: option: a; default: 1; meaning: x. option: b; default: 2; meaning: a \\ b, which has enough words " +
          "to be found.",
      },
      { line: 12, text: "Options: After the table, there is a paragraph again, which is long enough." },
    ]);
  });

  it("into pieces that the model can read whole, at the end of a sentence or word", () => {
    const sentences = Array.from({ length: 40 }, (_, n) => `Sentence number ${n} says a thing.`).join(" ");
    const pieces = cut(`# T\n\n${sentences}`);
    expect(pieces.length).toBeGreaterThan(2);
    for (const { text } of pieces) {
      expect(text.length).toBeLessThanOrEqual(maxCharacters);
      expect(text).toMatch(/^T: Sentence .* thing\.$/);
    }
    expect(pieces.map(({ text }) => text.slice(3)).join(" ")).toBe(sentences);
  });

  it("without losing a word of its paragraphs", () => {
    const word = fc.stringMatching(/^[a-z]{1,30}$/);
    fc.assert(
      fc.property(
        fc.array(fc.array(word, { minLength: 30, maxLength: 200 }), { minLength: 1, maxLength: 4 }),
        (parts) => {
          const text = parts.map((words) => words.join(" ")).join("\n\n");
          const kept = cut(text)
            .map((passage) => passage.text)
            .join(" ");
          expect(kept.split(" ")).toEqual(parts.flat());
        },
      ),
    );
  });
});

describe("where there is no room for all passages", () => {
  const documents = [1, 3, 2].map((count, document) =>
    Array.from({ length: count }, (_, rank) => ({ path: `${document}`, line: rank, text: "" })),
  );

  it("each document has its first before any has its second", () => {
    const chosen = choosePassages(documents, 4).map(({ path, line }) => `${path}:${line}`);
    expect(chosen).toEqual(["0:0", "1:0", "2:0", "1:1"]);
  });

  it("some documents all through the list have one, if they are more than there is room for", () => {
    const many = Array.from({ length: 10 }, (_, document) => [{ path: `${document}`, line: 1, text: "" }]);
    expect(choosePassages(many, 4).map(({ path }) => path)).toEqual(["2", "4", "7", "9"]);
    expect(choosePassages(many, 10)).toHaveLength(10);
  });

  it("all are taken where there is", () => {
    expect(choosePassages(documents, 99)).toHaveLength(6);
    expect(choosePassages([], 5)).toEqual([]);
  });
});
