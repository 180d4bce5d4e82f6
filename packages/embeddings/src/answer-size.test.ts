import { describe, expect, it } from "vitest";
import { mostAnswerBytes } from "./answer-size.ts";

describe("the bytes that no answer needs", () => {
  it("are those of twice the numbers, of 25 bytes each, and room", () => {
    // 96 × (1,024 + 6,144 × 25) + 1,048,576
    expect(mostAnswerBytes(96, 3072)).toBe(15_892_480);
  });

  it("leave room for other dimensions than there should be, as the error tells these", () => {
    // 1,024 + 4,096 × 25 + 1,048,576
    expect(mostAnswerBytes(1, 8)).toBe(1_152_000);
  });

  it("are those of the longest embeddings where the dimensions are not known", () => {
    // 1,024 + 16,384 × 25 + 1,048,576
    expect(mostAnswerBytes(1, undefined)).toBe(1_459_200);
  });

  it("are enough for the longest numbers that JSON has, indented", () => {
    const embedding = Array.from({ length: 1536 }, () => -1.2345678901234567e-100);
    const data = Array.from({ length: 64 }, (_, index) => ({ object: "embedding", index, embedding }));
    const body = JSON.stringify({ object: "list", data, model: "a model" }, undefined, 2);
    expect(body.length).toBeLessThan(mostAnswerBytes(64, 1536));
  });
});
