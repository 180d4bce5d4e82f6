import { describe, expect, it } from "vitest";
import { fakeVector, fakeVectorOf } from "./fake-vector.ts";

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

describe("a fake vector", () => {
  it("is the same in every process and on every machine", () => {
    // Computed by another program, in another language.
    const expected = [-0.8168102305012891, 0.3460200845089563, -0.3847607758549127, 0.25504959091982765];
    expect(fakeVector("a text", 4)).toEqual(Float32Array.from(expected));
    const seeded = [0.596898471460727, -0.6520235930526901, -0.16404328443879873, 0.4377981837571267];
    expect(fakeVector("a text", 4, 7)).toEqual(Float32Array.from(seeded));
  });

  it("has the length 1, in any number of dimensions", () => {
    for (const dimensions of [1, 2, 3, 8, 64, 1536]) {
      const vector = fakeVector(`text of ${dimensions}`, dimensions);
      expect(vector).toHaveLength(dimensions);
      expect(dot(vector, vector)).toBeCloseTo(1, 5);
    }
  });

  it("is different for each text, however similar the texts are", () => {
    const seen = new Set<string>();
    for (let i = 0; i < 50_000; i++) seen.add(fakeVector(`text ${i}`, 2).join());
    for (const text of ["", " ", "  ", "a", "b", "ab", "ba", "é", "e\u0301", "\0", "\0\0"]) {
      seen.add(fakeVector(text, 2).join());
    }
    // In two dimensions there are about ten million vectors: a few texts may share one.
    expect(seen.size).toBeGreaterThan(49_900);
    const wide = Array.from({ length: 20_000 }, (_, i) => fakeVector(`text ${i}`, 8).join());
    expect(new Set(wide).size).toBe(20_000);
  });

  it("has a random direction: similar texts are not nearer than others", () => {
    let sum = 0;
    let highest = 0;
    for (let i = 0; i < 2_000; i++) {
      const product = dot(fakeVector(`text ${i}`, 256), fakeVector(`text ${i + 1}`, 256));
      sum += product;
      highest = Math.max(highest, Math.abs(product));
    }
    // The spread of such a product is 1/16: six times that is practically impossible, and the mean of 2,000 is near 0.
    expect(highest).toBeLessThan(6 / 16);
    expect(Math.abs(sum / 2_000)).toBeLessThan(0.01);
  });

  it("supports each element type", () => {
    // Computed by another program, in another language.
    expect(fakeVectorOf("a text", "int8", 4)).toEqual(Int8Array.of(-114, 48, -54, 35));
    expect(fakeVectorOf("a text", "uint8", 4)).toEqual(Uint8Array.of(14, 176, 74, 163));
    expect(fakeVectorOf("a text", "ubinary", 16)).toEqual(Uint8Array.of(83, 85));
    expect(fakeVectorOf("a text", "binary", 16)).toEqual(Int8Array.of(83 - 128, 85 - 128));
    expect(fakeVectorOf("a text", "ubinary", 9)).toHaveLength(2);
    expect(fakeVectorOf("a text", "float", 4)).toEqual(fakeVector("a text", 4));
    expect(fakeVectorOf("a text", "int8", 4, 7)).not.toEqual(fakeVectorOf("a text", "int8", 4));
  });

  it("uses the whole range of bytes", () => {
    const bytes = new Set(fakeVectorOf("a text", "int8", 20_000));
    expect(bytes.size).toBe(256);
  });

  it("is never all zeros, which models refuse", () => {
    const numbers = Array.from({ length: 5_000 }, (_, i) => fakeVectorOf(`text ${i}`, "int8", 1)[0]);
    expect(numbers).toContain(1);
    expect(numbers).not.toContain(0);
  });

  it("refuses an invalid number of dimensions", () => {
    for (const wrong of [0, -1, 1.5, Number.NaN, Infinity]) {
      expect(() => fakeVector("a text", wrong)).toThrow(RangeError);
      expect(() => fakeVectorOf("a text", "uint8", wrong)).toThrow(RangeError);
    }
  });
});
