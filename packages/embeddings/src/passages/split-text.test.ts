import * as fc from "fast-check";
import { countTokens as countGptTokens } from "gpt-tokenizer/encoding/cl100k_base";
import { describe, expect, it } from "vitest";
import { type Passage, type SplitOptions, splitText } from "../passages.ts";

/** A word is a token, and so is a mark behind it. */
const countTokens = (text: string): number => text.match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu)?.length ?? 0;
const textsOf = (passages: readonly Passage[]): string[] => passages.map(({ text }) => text);
const split = (text: string, options: SplitOptions): string[] =>
  textsOf(splitText(text, { countTokens, ...options }));

describe("a text", () => {
  it("is split after sentences", () => {
    const text = "The moon makes the tides. Bees dance! Do cats? They sleep.";
    expect(split(text, { tokens: 9 })).toEqual([
      "The moon makes the tides. Bees dance!",
      "Do cats? They sleep.",
    ]);
  });

  it("that fits is one passage, without the white space around it", () => {
    expect(splitText("\n  One. Two.\n", { tokens: 4, countTokens })).toEqual([
      { text: "One. Two.", start: 3, end: 12, tokens: 4 },
    ]);
  });

  it("without words has no passages", () => {
    expect(split("", { tokens: 4 })).toEqual([]);
    expect(split(" \n\t", { tokens: 4 })).toEqual([]);
  });

  it("with a sentence that is too long is cut between words", () => {
    expect(split("one two three four five six. Seven.", { tokens: 3 })).toEqual([
      "one two three",
      // Not within "six.".
      "four five",
      "six.",
      "Seven.",
    ]);
  });

  it("with a word that is too long is cut between characters, as people see them", () => {
    const family = "👩‍👩‍👧";
    const characters = (text: string): number => [...new Intl.Segmenter().segment(text)].length;
    expect(split(family.repeat(5), { tokens: 2, countTokens: characters })).toEqual([
      family.repeat(2),
      family.repeat(2),
      family,
    ]);
    expect(split("e\u0301".repeat(3), { tokens: 1, countTokens: characters })).toEqual(
      Array.from({ length: 3 }, () => "e\u0301"),
    );
  });

  it("that is wrapped keeps the sentences that go over its lines", () => {
    const text = "One two\nthree. Four\r\nfive six.\n\nSeven\neight.";
    expect(split(text, { tokens: 4 })).toEqual(["One two\nthree.", "Four\r\nfive six.", "Seven\neight."]);
  });

  it.each([
    ["blank lines", "one two three\n\nfour five six"],
    ["blank lines with spaces", "one two three\n  \nfour five six"],
    ["headings", "one two three\n# four five"],
    ["items", "one two three\n- four five"],
    ["numbered items", "one two three\n12. four five"],
    ["rows", "one two three\n| four |"],
  ])("is split at %s", (_what, text) => {
    expect(split(text, { tokens: 5 })[0]).toBe("one two three");
  });

  it("without blanks between sentences is split by their marks", () => {
    expect(split("月は潮を作る。蜂は踊る。", { tokens: 2 })).toEqual(["月は潮を作る。", "蜂は踊る。"]);
  });
});

describe("an overlap", () => {
  const text = "One a. Two b. Three c. Four d. Five e.";

  it("repeats the last sentences, whole", () => {
    expect(split(text, { tokens: 9, overlap: 3 })).toEqual([
      "One a. Two b. Three c.",
      "Three c. Four d. Five e.",
    ]);
  });

  it("repeats none that is longer than it", () => {
    expect(split(text, { tokens: 9, overlap: 2 })).toEqual(["One a. Two b. Three c.", "Four d. Five e."]);
  });

  it("leaves room for what follows", () => {
    expect(split("One. Two. Three four five six.", { tokens: 6, overlap: 3 })).toEqual([
      "One. Two.",
      "Three four five six.",
    ]);
  });
});

const anyText = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.string({ unit: "grapheme", maxLength: 30 }) },
      fc.constantFrom(". ", "\n", "\n\n", "! ", "。", "\n- ", "🙂", "👩‍👩‍👧", "lorem ipsum dolor sit amet"),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(""));
const anySize = fc
  .integer({ min: 20, max: 60 })
  .chain((tokens) =>
    fc.record({ tokens: fc.constant(tokens), overlap: fc.integer({ min: 0, max: Math.floor(tokens / 2) }) }),
  );
const counters: readonly (readonly [string, (text: string) => number])[] = [
  ["GPT's tokens", (text) => countGptTokens(text, { disallowedSpecial: new Set() })],
  ["bytes", (text) => new TextEncoder().encode(text).length],
];

describe.each(counters)("counted in %s, any text", (_unit, count) => {
  it("is in passages within the limit, in order, and nothing but white space is left out", () => {
    fc.assert(
      fc.property(anyText, anySize, (text, size) => {
        const passages = splitText(text, { ...size, countTokens: count });
        let covered = 0;
        let start = -1;
        for (const passage of passages) {
          expect(passage.text).toBe(text.slice(passage.start, passage.end));
          expect(passage.tokens).toBe(count(passage.text));
          expect(passage.tokens).toBeLessThanOrEqual(size.tokens);
          expect(passage.text).toBe(passage.text.trim());
          expect(passage.start).toBeGreaterThan(start);
          expect(text.slice(covered, Math.max(covered, passage.start)).trim()).toBe("");
          expect(passage.text.isWellFormed()).toBe(text.isWellFormed() || passage.text.isWellFormed());
          start = passage.start;
          covered = Math.max(covered, passage.end);
        }
        expect(text.slice(covered).trim()).toBe("");
      }),
      { numRuns: 300 },
    );
  });
});

describe("without a counter", () => {
  it("a passage has at most as many tokens as it is asked for, by an estimate that is high", () => {
    const sentence = "The ocean covers most of the planet, and drives its weather. ";
    const passages = splitText(sentence.repeat(50), { tokens: 100, overlap: 20 });
    expect(passages.length).toBeGreaterThan(1);
    for (const { text } of passages) expect(countGptTokens(text)).toBeLessThanOrEqual(100);
  });
});

describe("what is counted", () => {
  it.each([
    ["one letter", "a".repeat(100_000)],
    ["words", "lorem ".repeat(20_000)],
    ["sentences", "Lorem ipsum. ".repeat(10_000)],
    ["line ends", "\n".repeat(100_000)],
  ])("is never much longer than a passage, in a long run of %s", (_what, text) => {
    let longest = 0;
    let all = 0;
    splitText(text, {
      tokens: 100,
      countTokens: (part) => {
        longest = Math.max(longest, part.length);
        all += part.length;
        return Math.ceil(part.length / 4);
      },
    });
    expect(longest).toBeLessThanOrEqual(800);
    expect(all).toBeLessThanOrEqual(10 * text.length);
  });
});

describe("invalid arguments", () => {
  it.each<[string, unknown, unknown, string]>([
    ["a text that is none", undefined, { tokens: 5 }, "the text must be a string, not undefined"],
    ["no tokens", "a", {}, "tokens must be a number, not undefined"],
    ["no options", "a", undefined, "options must be an object, not undefined"],
    ["no room", "a", { tokens: 0 }, "tokens must be a whole number from 1, not 0"],
    [
      "too much overlap",
      "a",
      { tokens: 5, overlap: 3 },
      "overlap must be at most half of tokens, which is 5, not 3",
    ],
    [
      "a counter that is none",
      "a",
      { tokens: 5, countTokens: 4 },
      "countTokens must be a function, not number 4",
    ],
    [
      "a counter that is awaited",
      "a",
      { tokens: 5, countTokens: () => Promise.resolve(1) },
      "countTokens must return a whole number from 0, not a promise that is not awaited",
    ],
    ["another library's name", "a", { chunkSize: 5 }, "there is no option chunkSize; use tokens"],
    [
      "a character that is too large",
      "ab🙂",
      { tokens: 1, countTokens: (text: string) => text.length },
      "tokens is 1, and the character at 2 alone has 2; allow more tokens",
    ],
  ])("are refused: %s", (_what, text, options, message) => {
    expect(() => splitText(text as string, options as SplitOptions)).toThrow(message);
  });
});
