import { describe, expect, it } from "vitest";
import { meanEmbedding, similarity, topK } from "../index.ts";

const vector = (...numbers: number[]): Float32Array => Float32Array.from(numbers);

describe("similarity", () => {
  it("by cosine, dot product and distance", () => {
    expect(similarity(vector(3, 4), vector(4, 3))).toBeCloseTo(0.96, 6);
    expect(similarity(vector(1, 0), vector(-2, 0))).toBe(-1);
    expect(similarity(vector(1, 0), vector(0, 5))).toBe(0);
    expect(similarity(vector(3, 4), vector(4, 3), "dot")).toBe(24);
    expect(similarity(vector(3, 4), vector(0, 0), "euclidean")).toBe(-5);
  });

  it("with a vector of zeros is 0, not NaN", () => {
    expect(similarity(vector(0, 0), vector(1, 1))).toBe(0);
  });

  it("refuses embeddings of different lengths", () => {
    expect(() => similarity(vector(1), vector(1, 2))).toThrow(
      "embeddings of 1 and 2 dimensions cannot be compared; use one model for both",
    );
  });
});

describe("embeddings that cannot be compared", () => {
  const rows = [vector(1, 2), undefined];

  it.each<[string, () => unknown, string]>([
    [
      "a mode that is not there",
      () => similarity(vector(1), vector(1), "manhattan" as never),
      'no mode "manhattan"; there are cosine, dot, euclidean, hamming',
    ],
    [
      "a promise",
      () => similarity(Promise.resolve() as never, vector(1)),
      "the first of the two must be an embedding, not a promise: await it",
    ],
    [
      "nothing",
      () => similarity(vector(1), undefined as never),
      "the second of the two must be an embedding, not undefined",
    ],
    [
      "a batch",
      () => topK(vector(1), { embeddings: [] } as never, 1),
      "embeddings must be a list of embeddings: pass the `embeddings` of the batch",
    ],
    [
      "a batch, for a mean",
      () => meanEmbedding({ embeddings: [] } as never),
      "embeddings must be a list of embeddings: pass",
    ],
    [
      "a text without one",
      () => topK(vector(1, 2), rows as never, 1),
      "embeddings[1] must be an embedding, not undefined",
    ],
    [
      "a number as text",
      () => topK(vector(1), [vector(1)], "1" as never),
      'k must be a number, not the string "1"',
    ],
    ["half a match", () => topK(vector(1), [vector(1)], 0.5), "k must be a whole number from 1, not 0.5"],
  ])("is %s", (_what, compare, message) => {
    expect(compare).toThrow(message);
  });
});

describe("topK", () => {
  const embeddings = [vector(0, 1), vector(1, 0), vector(1, 1), vector(2, 0)];

  it("returns the best first, and of equal ones the lower index", () => {
    const matches = topK(vector(1, 0), embeddings, 3);
    expect(matches.map(({ index }) => index)).toEqual([1, 3, 2]);
    expect(matches[2]!.score).toBeCloseTo(Math.SQRT1_2, 6);
    expect(topK(vector(1, 0), embeddings, 1, "dot")).toEqual([{ index: 3, score: 2 }]);
    expect(topK(vector(1, 0), [], 5)).toEqual([]);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses k = %s", (k) => {
    expect(() => topK(vector(1, 0), embeddings, k)).toThrow(RangeError);
  });
});

describe("hamming", () => {
  it("is the share of equal bits", () => {
    expect(similarity(Uint8Array.of(0b1111_0000), Uint8Array.of(0b1111_0011), "hamming")).toBe(0.75);
    // −1 has all bits set, and differs from 0 in all eight of them.
    expect(similarity(Int8Array.of(-1, 7), Int8Array.of(0, 7), "hamming")).toBe(0.5);
  });

  it("is refused for floats", () => {
    expect(() => similarity(Float32Array.of(1), Float32Array.of(1), "hamming")).toThrow(TypeError);
  });
});
