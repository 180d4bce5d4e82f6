import { readFile } from "node:fs/promises";
import * as fc from "fast-check";
import wabt from "wabt";
import { describe, expect, it } from "vitest";
import { topK, vectorIndex } from "../index.ts";
import { compiled } from "./dot-products.ts";

const large = new Float32Array(384);
const vector = (...numbers: number[]): Float32Array => Float32Array.from(numbers);

describe("an index of vectors", () => {
  const embeddings = [vector(0, 1), vector(1, 0), vector(1, 1), vector(2, 0), vector(0, 0)];
  const index = vectorIndex(embeddings);

  it("finds the best first, and of equal ones the lower index", () => {
    expect(index).toMatchObject({ size: 5, dimensions: 2 });
    expect(index.topK(vector(3, 0), 3)).toEqual([
      { index: 1, score: 1 },
      { index: 3, score: 1 },
      { index: 2, score: expect.closeTo(Math.SQRT1_2, 6) as number },
    ]);
    expect(index.topK(vector(3, 0), 1, "dot")).toEqual([{ index: 3, score: 6 }]);
    expect(index.topK(vector(3, 4), 1, "euclidean")).toEqual([{ index: 2, score: -Math.sqrt(13) }]);
    expect(index.topK(vector(1, 0), 9)).toHaveLength(5);
    // The cosine with a vector of zeros is 0.
    expect(index.topK(vector(0, 0), 1)).toEqual([{ index: 0, score: 0 }]);
  });

  it("does not keep the embeddings", () => {
    const own = vector(1, 2);
    const copy = vectorIndex([own]);
    own.fill(0);
    expect(copy.topK(vector(1, 2), 1, "dot")).toEqual([{ index: 0, score: 5 }]);
  });

  it("may have none", () => {
    expect(vectorIndex([])).toMatchObject({ size: 0, dimensions: 0 });
    expect(vectorIndex([]).topK(vector(1, 0), 5)).toEqual([]);
  });

  it.each<[string, () => unknown, string]>([
    [
      "a batch",
      () => vectorIndex({ embeddings } as never),
      "embeddings must be a list of embeddings: pass the",
    ],
    [
      "bytes",
      () => vectorIndex([Int8Array.of(1)] as never),
      "embeddings[0] must be a Float32Array; topK compares",
    ],
    [
      "embeddings of two models",
      () => vectorIndex([vector(1), vector(1, 2)]),
      "embeddings[1] has 2 dimensions, and the first embedding 1; use one model",
    ],
    [
      "a query of another model",
      () => index.topK(vector(1), 1),
      "query has 1 dimensions, and the first embedding 2; use one model",
    ],
    ["a query without an embedding", () => index.topK(undefined as never, 1), "query must be an embedding"],
    ["half a match", () => index.topK(vector(1, 0), 0.5), "k must be a whole number from 1, not 0.5"],
    ["bits", () => index.topK(vector(1, 0), 1, "hamming" as never), '"hamming" compares packed bits'],
    [
      "more than fit",
      () => vectorIndex(Array.from({ length: 3_000_000 }, () => large)),
      "3000000 embeddings of 384 dimensions need 4608005632 bytes, and an index holds at most 4294967296",
    ],
  ])("refuses %s", (_what, work, message) => {
    expect(work).toThrow(message);
  });

  it("finds what comparing each embedding finds, whatever the numbers", () => {
    const sizes = fc.constantFrom(1e-30, 1e-9, 1, 1e9, 1e25);
    const numbers = fc.integer({ min: -3, max: 3 }).map((n) => n / 3);
    const cases = fc.record({
      dimensions: fc.integer({ min: 1, max: 40 }),
      count: fc.constantFrom(1, 5, 60, 1025, 2100),
      // Few different numbers, so that many scores are equal, or nearly.
      values: fc.array(numbers, { minLength: 97, maxLength: 97 }),
      noise: fc.constantFrom(0, 1e-7),
      size: sizes,
      querySize: sizes,
      k: fc.integer({ min: 1, max: 70 }),
      mode: fc.constantFrom("cosine", "dot", "euclidean"),
    });
    fc.assert(
      fc.property(cases, ({ dimensions, count, values, noise, size, querySize, k, mode }) => {
        const all = Array.from({ length: count }, (_, at) =>
          Float32Array.from({ length: dimensions }, (__, i) => {
            const value = values[(at * 31 + i * 7 + ((at * at) % 13)) % values.length]!;
            return size * value * (1 + noise * ((at * 17 + i) % 11));
          }),
        );
        const query = Float32Array.from({ length: dimensions }, (_, i) => querySize * values[(i * 5) % 97]!);
        expect(vectorIndex(all).topK(query, k, mode)).toEqual(topK(query, all, k, mode));
      }),
      { numRuns: 150, seed: 11 },
    );
  });

  it("computes with the module whose source is beside it", async () => {
    const source = await readFile(new URL("dot-products.wat", import.meta.url), "utf8");
    const { parseWat } = await wabt();
    const module = parseWat("dot-products.wat", source, { simd: true });
    expect(Buffer.from(module.toBinary({}).buffer).toString("base64")).toBe(compiled);
  });
});
