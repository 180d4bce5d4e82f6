import { describe, expect, it } from "vitest";
import { EmbeddingResponseError, placeEmbeddings } from "./place-embeddings.ts";

const expected = { provider: "Example", dimensions: undefined };

describe("placeEmbeddings", () => {
  it("puts each vector at its text's place", () => {
    const placed = placeEmbeddings(
      [
        { index: 2, embedding: [2, 0] },
        { index: 0, embedding: new Float32Array([0, 1]) },
        { index: 1, embedding: [1, 0.5] },
      ],
      3,
      expected,
    );
    expect(placed).toEqual([new Float32Array([0, 1]), new Float32Array([1, 0.5]), new Float32Array([2, 0])]);
  });

  it.each([
    ["too few", [{ index: 0, embedding: [1] }], "1 embeddings for 2 texts"],
    ["none", [], "0 embeddings for 2 texts"],
    [
      "an index twice",
      [
        { index: 0, embedding: [1] },
        { index: 0, embedding: [1] },
      ],
      "index 0 twice",
    ],
    [
      "an index out of range",
      [
        { index: 0, embedding: [1] },
        { index: 2, embedding: [1] },
      ],
      "index 2 for 2 texts",
    ],
    [
      "an index below zero",
      [
        { index: -1, embedding: [1] },
        { index: 0, embedding: [1] },
      ],
      "index -1 for 2 texts",
    ],
    ["no index", [{ embedding: [1] }, { embedding: [1] }], "index undefined for 2 texts"],
    [
      "other dimensions",
      [
        { index: 0, embedding: [1] },
        { index: 1, embedding: [1, 2] },
      ],
      "embedding 1 has 2 dimensions, not 1",
    ],
    [
      "no numbers",
      [
        { index: 0, embedding: [] },
        { index: 1, embedding: [] },
      ],
      "an embedding without numbers",
    ],
    [
      "NaN",
      [
        { index: 0, embedding: [1] },
        { index: 1, embedding: [Number.NaN] },
      ],
      "embedding 1 holds a number that is not finite",
    ],
    [
      "null in a vector",
      [
        { index: 0, embedding: [1] },
        { index: 1, embedding: ["x"] },
      ],
      "embedding 1 holds a number that is not finite",
    ],
    [
      "a number beyond float32",
      [
        { index: 0, embedding: [1] },
        { index: 1, embedding: [1e300] },
      ],
      "embedding 1 holds a number that is not finite",
    ],
  ])("refuses %s", (_kind, answered, problem) => {
    const place = (): unknown => placeEmbeddings(answered as never, 2, expected);
    expect(place).toThrow(EmbeddingResponseError);
    expect(place).toThrow(`Example gave an answer that cannot be trusted: ${problem}`);
  });

  it("holds the answer to the dimensions that were declared", () => {
    const place = (): unknown =>
      placeEmbeddings([{ index: 0, embedding: [1] }], 1, { ...expected, dimensions: 3 });
    expect(place).toThrow("embedding 0 has 1 dimensions, not 3");
  });
});
