import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { countTokens as countAtOnce } from "gpt-tokenizer/encoding/cl100k_base";
import { describe, expect, it } from "vitest";
import { openaiEmbedding } from "./index.ts";
import { countTokens } from "./tokens.ts";

const atOnce = (text: string): number => countAtOnce(text, { disallowedSpecial: new Set() });

describe("countTokens", () => {
  // From the cookbook of OpenAI, which counts them with its own tokenizer.
  it.each([
    ["antidisestablishmentarianism", 6],
    ["2 + 2 = 4", 7],
    ["お誕生日おめでとう", 9],
    ["tiktoken is great!", 6],
    ["", 0],
  ])("of %j", (text, tokens) => {
    expect(countTokens(text)).toBe(tokens);
  });

  it("is the same in parts, for texts with blanks", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    expect(readme.length).toBeGreaterThan(8_000);
    expect(countTokens(readme)).toBe(atOnce(readme));
    const words = fc.oneof(
      fc.constantFrom(" ", "  ", "\n", " \n", "\t", "'s", "12345", "don't", "。", "🙂", "lorem", "ЁЖ"),
      fc.string({ unit: "grapheme", maxLength: 9 }).filter((text) => text.isWellFormed()),
    );
    const text = fc
      .array(words, { minLength: 900, maxLength: 1_500, size: "max" })
      .map((all) => all.join(" "));
    fc.assert(
      fc.property(text, (each) => {
        expect(countTokens(each)).toBe(atOnce(each));
      }),
      { numRuns: 20 },
    );
  });

  it("is at most a few tokens more for a word of 10,000 characters", () => {
    for (const word of ["a".repeat(10_000), "🙂".repeat(5_000), "深度学习".repeat(2_500)]) {
      expect(countTokens(word)).toBeGreaterThanOrEqual(atOnce(word));
      expect(countTokens(word)).toBeLessThanOrEqual(atOnce(word) + 4);
    }
  });

  it("counts what looks like a special token as text", () => {
    expect(countTokens("<|endoftext|>")).toBeGreaterThan(1);
  });

  it("lets a model cut texts", async () => {
    await using model = openaiEmbedding({ apiKey: "fake-key", countTokens, truncate: { tokens: 8_191 } });
    expect(model.countTokens!("tiktoken is great!")).toBe(6);
  });
});
