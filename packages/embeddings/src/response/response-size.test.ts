import { describe, expect, it } from "vitest";
import { maxResponseBytes } from "./response-size.ts";

describe("maxResponseBytes", () => {
  it("has room for numbers of 22 bytes each", () => {
    // 96 × (1,024 + 3,072 × 22) + 1,048,576
    expect(maxResponseBytes(96, 3072)).toBe(7_634_944);
  });

  it("has room for other dimensions than expected, which the error states", () => {
    // 1,024 + 1,024 × 22 + 1,048,576
    expect(maxResponseBytes(1, 8)).toBe(1_072_128);
  });

  it("assumes large embeddings where the dimensions are unknown; those of 2,048 texts fit into memory", () => {
    // 1,024 + 3,072 × 22 + 1,048,576
    expect(maxResponseBytes(1, undefined)).toBe(1_117_184);
    expect(maxResponseBytes(2_048, undefined)).toBeLessThan(150e6);
  });

  it("is enough for numbers with all their digits, indented", () => {
    const embedding = Array.from({ length: 1536 }, () => -0.1234567890123456);
    const data = Array.from({ length: 64 }, (_, index) => ({ object: "embedding", index, embedding }));
    const body = JSON.stringify({ object: "list", data, model: "a model" }, undefined, 1);
    expect(body.length).toBeLessThan(maxResponseBytes(64, 1536));
  });
});
