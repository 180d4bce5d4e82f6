import { describe, expect, it } from "vitest";
import type { ElementType } from "@llx/embeddings";
import { readResponse } from "./read-response.ts";

function read(body: unknown, elementType: ElementType = "float", headers: Record<string, string> = {}) {
  const head = { status: 200, requestId: undefined, rateLimits: undefined };
  return readResponse({ ...head, body, header: (name) => headers[name] }, elementType);
}

describe("the vectors of a response", () => {
  it.each<[string, ElementType, unknown, unknown[]]>([
    ["Titan V1", "float", { embedding: [1, 2] }, [[1, 2]]],
    ["Titan V2", "float", { embedding: [1, 2], embeddingsByType: { float: [1, 2] } }, [[1, 2]]],
    ["Titan V2 by type only", "float", { embeddingsByType: { float: [1, 2] } }, [[1, 2]]],
    [
      "Cohere without types",
      "float",
      { embeddings: [[1], [2]], response_type: "embeddings_floats" },
      [[1], [2]],
    ],
    ["Cohere by type", "int8", { embeddings: { int8: [[1], [-2]], float: [[0.1]] } }, [[1], [-2]]],
    ["Nova", "float", { embeddings: [{ embeddingType: "TEXT", embedding: [1, 2] }] }, [[1, 2]]],
  ])("are read in the form of %s", (_form, elementType, body, vectors) => {
    expect(read(body, elementType)).toMatchObject({
      embeddings: vectors.map((embedding) => ({ embedding })),
      body,
    });
  });

  const bits = [1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1];

  it.each<[ElementType, number[]]>([
    ["ubinary", [129, 127]],
    ["binary", [1, -1]],
  ])("of Titan are packed as %s, with the first bit highest", (elementType, packed) => {
    const body = { embedding: [0.5], embeddingsByType: { binary: bits } };
    expect(read(body, elementType).embeddings).toEqual([{ embedding: packed }]);
  });

  it("of Titan that are no bits are left to the engine", () => {
    for (const binary of [[1, 2, 0], [null], "AAA", 5]) {
      expect(read({ embeddingsByType: { binary } }, "ubinary").embeddings).toEqual([{ embedding: binary }]);
    }
  });

  it.each([
    {},
    [],
    null,
    5,
    { embeddings: {} },
    { embeddings: { int8: [[1]] } },
    { embeddings: "none" },
    { embeddings: null },
  ])("are missing in %j", (body) => {
    expect(read(body).embeddings).toBeUndefined();
  });
});

it("has the number of tokens in its body or in a header", () => {
  const headers = { "x-amzn-bedrock-input-token-count": "7" };
  expect(read({ inputTextTokenCount: 5 }, "float", headers).usage).toEqual({ inputTokens: 5 });
  expect(read({}, "float", headers).usage).toEqual({ inputTokens: 7 });
  expect(read({}).usage).toEqual({ inputTokens: Number.NaN });
});
