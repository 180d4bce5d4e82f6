import { describe, expect, it } from "vitest";
import { mostAnswerBytes } from "./response-size.ts";

describe("the bytes that no answer needs", () => {
  it("are those of the numbers, of 22 bytes each, and room", () => {
    // 96 × (1,024 + 3,072 × 22) + 1,048,576
    expect(mostAnswerBytes(96, 3072)).toBe(7_634_944);
  });

  it("leave room for other dimensions than there should be, as the error tells these", () => {
    // 1,024 + 1,024 × 22 + 1,048,576
    expect(mostAnswerBytes(1, 8)).toBe(1_072_128);
  });

  it("are those of large embeddings where the dimensions are not known; memory bears those of 2,048 texts", () => {
    // 1,024 + 3,072 × 22 + 1,048,576
    expect(mostAnswerBytes(1, undefined)).toBe(1_117_184);
    expect(mostAnswerBytes(2_048, undefined)).toBeLessThan(150e6);
  });

  it("are enough for numbers with all their digits, indented", () => {
    const embedding = Array.from({ length: 1536 }, () => -0.1234567890123456);
    const data = Array.from({ length: 64 }, (_, index) => ({ object: "embedding", index, embedding }));
    const body = JSON.stringify({ object: "list", data, model: "a model" }, undefined, 1);
    expect(body.length).toBeLessThan(mostAnswerBytes(64, 1536));
  });
});
