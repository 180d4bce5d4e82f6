import { describe, expect, it } from "vitest";
import { meanEmbedding } from "./mean-embedding.ts";

describe("meanEmbedding", () => {
  it("is the mean of each number", () => {
    const mean = meanEmbedding([
      Float32Array.of(1, -2, 0),
      Float32Array.of(3, 0, 0),
      Float32Array.of(2, -1, 3),
    ]);
    expect(mean).toEqual(Float32Array.of(2, -1, 1));
  });

  it("of one embedding is a copy of it", () => {
    const one = Float32Array.of(0.5, 0.25);
    const mean = meanEmbedding([one]);
    expect(mean).toEqual(one);
    expect(mean).not.toBe(one);
  });

  it("does not lose small numbers next to large ones", () => {
    // As 32-bit numbers, 16,777,216 + 1 is 16,777,216 again.
    const mean = meanEmbedding([16_777_216, 1, 1, -16_777_216].map((number) => Float32Array.of(number)));
    expect(mean).toEqual(Float32Array.of(0.5));
  });

  it("is refused for an empty list, and for embeddings of different models", () => {
    expect(() => meanEmbedding([])).toThrow("embeddings must not be empty");
    expect(() => meanEmbedding([Float32Array.of(1), Float32Array.of(1, 2)])).toThrow(
      "embeddings[1] has 2 dimensions, and embeddings[0] 1; use one model",
    );
  });
});
