import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { textsForLimit } from "./texts-for-limit.ts";

const quarter = (text: string): number => Math.ceil(text.length / 4);
const sum = (texts: readonly string[] | undefined, count: (text: string) => number): number =>
  texts!.reduce((all, text) => all + count(text), 0);

describe("texts for a limit", () => {
  it("are as many as a request takes", () => {
    expect(textsForLimit("inputs", 3, { inputs: 3 }, quarter)).toEqual(["t0", "t1", "t2"]);
  });

  it("have exactly its size, in one text", () => {
    const [characters] = textsForLimit("charactersPerInput", 21, { inputs: 3 }, quarter)!;
    expect(characters).toHaveLength(21);
    const [bytes] = textsForLimit("bytesPerInput", 20, { inputs: 3 }, quarter)!;
    expect(bytes).toBe("t0 ééééééééx");
    const [tokens] = textsForLimit("tokensPerInput", 7, { inputs: 3 }, quarter)!;
    expect(quarter(tokens!)).toBe(7);
  });

  it("share what a request takes, each within what a text may have", () => {
    const limits = { inputs: 50, tokens: 1000, tokensPerInput: 64 };
    const texts = textsForLimit("tokens", 1000, limits, quarter)!;
    // 1,000 are 15 × 64 + 40.
    expect(texts).toHaveLength(16);
    expect(new Set(texts).size).toBe(16);
    expect(sum(texts, quarter)).toBe(1000);
    expect(Math.max(...texts.map(quarter))).toBeLessThanOrEqual(64);
  });

  it("are more texts where one has too much of something else", () => {
    const texts = textsForLimit("bytes", 901, { inputs: 9, bytes: 901, charactersPerInput: 130 }, quarter)!;
    expect(texts).toHaveLength(4);
    expect(sum(texts, (text) => Buffer.byteLength(text))).toBe(901);
  });

  it.each([
    ["characters", 100, { inputs: 9, tokens: 20 }],
    ["tokens", 100, { inputs: 3, tokensPerInput: 30 }],
    ["tokensPerInput", 31, { inputs: 3, tokens: 30 }],
    ["inputs", 9, { inputs: 9, tokens: 8 }],
    ["characters", 3, { inputs: 1 }],
  ] as const)("do not exist where another limit is reached first: %s %d, %j", (name, size, limits) => {
    expect(textsForLimit(name, size, limits, quarter)).toBeUndefined();
  });

  it("of many tokens are found with few counts", () => {
    let counts = 0;
    const counted = (text: string): number => {
      counts++;
      return quarter(text);
    };
    const limits = { inputs: 2048, tokens: 300_000, tokensPerInput: 8192 };
    expect(sum(textsForLimit("tokens", 300_000, limits, counted), quarter)).toBe(300_000);
    // 37 texts of two sizes, and each once more to see whether they fit.
    expect(counts).toBeLessThan(200);
  });
});
