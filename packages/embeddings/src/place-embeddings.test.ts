import { describe, expect, it } from "vitest";
import { EmbeddingResponseError } from "./embedding-response-error.ts";
import { type ExpectedEmbeddings, placeEmbeddings } from "./place-embeddings.ts";

const expected: ExpectedEmbeddings = { provider: "Example", elementType: "float", dimensions: undefined };

const thrownBy = (answered: unknown, count: number, more: Partial<ExpectedEmbeddings> = {}): unknown => {
  try {
    placeEmbeddings({ embeddings: answered as never, requestId: "r-1" }, count, { ...expected, ...more });
  } catch (error) {
    return error;
  }
  return undefined;
};

describe("placeEmbeddings", () => {
  it("puts each vector at its text's place", () => {
    const placed = placeEmbeddings(
      {
        embeddings: [
          { index: 2, embedding: [2, 0] },
          { index: 0, embedding: new Float32Array([0, 1]) },
          { index: 1, embedding: [1, 0.5] },
        ],
      },
      3,
      expected,
    );
    expect(placed).toEqual([new Float32Array([0, 1]), new Float32Array([1, 0.5]), new Float32Array([2, 0])]);
  });

  it.each([
    ["too few", [{ index: 0, embedding: [1] }], "1 embeddings for 2 texts"],
    ["none", [], "0 embeddings for 2 texts"],
    ["an index twice", [item(0, [1]), item(0, [1])], "index 0 twice"],
    ["an index out of range", [item(0, [1]), item(2, [1])], "index 2 for 2 texts"],
    ["an index below zero", [item(-1, [1]), item(0, [1])], "index -1 for 2 texts"],
    ["no index", [{ embedding: [1] }, { embedding: [1] }], "index undefined for 2 texts"],
    ["nothing in the list", [null, item(1, [1])], "index undefined for 2 texts"],
    ["no numbers", [item(0, []), item(1, [])], "embedding 0 has no numbers"],
    ["NaN", [item(0, [1]), item(1, [Number.NaN])], "embedding 1 holds a number that is not finite"],
    ["infinity", [item(0, [1]), item(1, [-Infinity])], "embedding 1 holds a number that is not finite"],
    ["a number beyond float32", [item(0, [1]), item(1, [1e300])], "embedding 1 holds a number that is not"],
    ["null in a vector", [item(0, [1]), item(1, [null])], "embedding 1 holds something that is no number"],
    ["a string in a vector", [item(0, [1]), item(1, ["1"])], "embedding 1 holds something that is no number"],
    ["a hole in a vector", [item(0, [1]), item(1, new Array(1))], "embedding 1 holds something that is no"],
  ])("refuses %s, and another attempt may help", (_kind, answered, problem) => {
    const error = thrownBy(answered, 2);
    expect(error).toBeInstanceOf(EmbeddingResponseError);
    expect(error).toMatchObject({ provider: "Example", retryable: true, requestId: "r-1" });
    expect(String(error)).toContain(`Example gave an answer that cannot be trusted: ${problem}`);
  });

  it.each([
    ["no list", { 0: [1] }, "there is no list of embeddings"],
    ["nothing", undefined, "there is no list of embeddings"],
    ["other dimensions", [item(0, [1]), item(1, [1, 2])], "embedding 1 has 2 dimensions, not 1"],
    ["no vector", [item(0, [1]), item(1, { 0: 1 })], "embedding 1 is neither numbers nor base64"],
    ["a missing vector", [item(0, [1]), { index: 1 }], "embedding 1 is neither numbers nor base64"],
  ])("refuses %s, and another attempt does not help", (_kind, answered, problem) => {
    const error = thrownBy(answered, 2);
    expect(error).toMatchObject({ retryable: false });
    expect(String(error)).toContain(problem);
  });

  it("holds the answer to the dimensions that were declared", () => {
    expect(String(thrownBy([item(0, [1])], 1, { dimensions: 3 }))).toContain(
      "embedding 0 has 1 dimensions, not 3",
    );
  });
});

describe("base64", () => {
  // 1 and −2 as little-endian 32-bit floats: 00 00 80 3f, 00 00 00 c0.
  const floats = "AACAPwAAAMA=";

  it("is read into memory of its own", () => {
    const [vector] = placeEmbeddings({ embeddings: [item(0, floats)] }, 1, { ...expected, dimensions: 2 });
    expect(vector).toEqual(Float32Array.of(1, -2));
    expect(vector!.buffer.byteLength).toBe(8);
  });

  it("may come without its padding", () => {
    expect(placeEmbeddings({ embeddings: [item(0, "AACAPwAAAMA")] }, 1, expected)).toEqual([
      Float32Array.of(1, -2),
    ]);
  });

  it.each([
    ["too short", "AACAPw==", { dimensions: 2 }, "has 4 bytes of base64, not 8"],
    ["too long", floats, { dimensions: 1 }, "has 8 bytes of base64, not 4"],
    ["no whole numbers", "AACAPwA=", {}, "has 5 bytes of base64, not a multiple of 4"],
    ["empty", "", {}, "has no numbers"],
    ["no base64", "AACAP!==", { dimensions: 1 }, "is no base64"],
    ["not finite", "AADAfw==", { dimensions: 1 }, "holds a number that is not finite"],
  ])("that is %s is refused", (_kind, embedding, more, problem) => {
    expect(String(thrownBy([item(0, embedding)], 1, more))).toContain(`embedding 0 ${problem}`);
  });
});

describe("quantised embeddings", () => {
  it.each([
    ["int8", [-128, 127], Int8Array.of(-128, 127), 2],
    ["uint8", [0, 255], Uint8Array.of(0, 255), 2],
    ["binary", [-1, 5], Int8Array.of(-1, 5), 16],
    ["ubinary", [255, 5], Uint8Array.of(255, 5), 16],
    ["int8", "gH8=", Int8Array.of(-128, 127), 2],
    ["ubinary", "/wU=", Uint8Array.of(255, 5), 16],
  ] as const)("of %s are read from %j", (elementType, embedding, vector, dimensions) => {
    expect(
      placeEmbeddings({ embeddings: [item(0, embedding)] }, 1, { ...expected, elementType, dimensions }),
    ).toEqual([vector]);
  });

  it.each([
    ["int8", [128], "holds a number that is no int8"],
    ["int8", [0.5], "holds a number that is no int8"],
    ["uint8", [-1], "holds a number that is no uint8"],
    ["binary", [1, 2, 3], "has 24 dimensions, not 8"],
  ] as const)("of %s refuse %j", (elementType, embedding, problem) => {
    const dimensions = elementType === "binary" ? 8 : 1;
    expect(String(thrownBy([item(0, embedding)], 1, { elementType, dimensions }))).toContain(problem);
  });
});

function item(index: number, embedding: unknown): never {
  return { index, embedding } as never;
}
