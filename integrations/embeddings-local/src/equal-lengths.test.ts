import { expect, it } from "vitest";
import { batchesOfEqualLength } from "./equal-lengths.ts";

const texts = (...lengths: number[]) => lengths.map((length) => ({ length }));

it("batches texts of the same length", () => {
  expect(batchesOfEqualLength(texts(5, 7, 5, 9, 7), 100)).toEqual([[0, 2], [1, 4], [3]]);
});

it("starts another batch where one has enough tokens", () => {
  expect(batchesOfEqualLength(texts(5, 5, 5, 5, 5), 10)).toEqual([[0, 1], [2, 3], [4]]);
});

it("takes a text with more tokens alone", () => {
  expect(batchesOfEqualLength(texts(11, 11), 10)).toEqual([[0], [1]]);
});

it("has no batch without texts", () => {
  expect(batchesOfEqualLength([], 10)).toEqual([]);
});
