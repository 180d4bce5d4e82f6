import { expect, it } from "vitest";
import { overLimit } from "./over-limit.ts";

const words = (text: string): number => text.split(" ").length;

it.each([
  [{ inputs: 1 }, "inputs"],
  [{ charactersPerInput: 6 }, "charactersPerInput"],
  [{ characters: 10 }, "characters"],
  [{ bytesPerInput: 8 }, "bytesPerInput"],
  [{ bytes: 12 }, "bytes"],
  [{ tokensPerInput: 1 }, "tokensPerInput"],
  [{ tokens: 2 }, "tokens"],
] as const)("finds that texts exceed %j", (limit, name) => {
  // 7 characters, 9 bytes, 2 words; 4 characters, 4 bytes, 1 word.
  const texts = ["één twe", "four"];
  expect(overLimit(texts, { inputs: 2, ...limit }, words)).toBe(name);
  const [[key, most]] = Object.entries(limit) as [[string, number]];
  expect(overLimit(texts, { inputs: 2, [key]: most + 1 }, words)).toBeUndefined();
});
