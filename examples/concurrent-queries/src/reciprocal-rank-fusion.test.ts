import { describe, expect, it } from "vitest";
import { reciprocalRankFusion } from "./reciprocal-rank-fusion.ts";

describe("rankings are fused", () => {
  it("by the sum of 1 / (60 + rank)", () => {
    const fused = reciprocalRankFusion([
      [7, 8, 9],
      [8, 5],
    ]);
    expect(fused.map(({ id }) => id)).toEqual([8, 7, 5, 9]);
    // 1/62 + 1/61, 1/61, 1/62, 1/63
    const scores = [0.032522474881, 0.016393442622, 0.016129032258, 0.015873015873];
    for (const [index, { score }] of fused.entries()) expect(score).toBeCloseTo(scores[index]!, 10);
  });

  it("so that two who agree on the second place beat one who has it first", () => {
    expect(
      reciprocalRankFusion([
        [1, 2],
        [3, 2],
      ])[0]!.id,
    ).toBe(2);
  });

  it("in one order where scores are equal, and into nothing where nothing was found", () => {
    expect(reciprocalRankFusion([[2], [1]]).map(({ id }) => id)).toEqual([1, 2]);
    expect(reciprocalRankFusion([[], []])).toEqual([]);
  });

  it("with another k", () => {
    expect(reciprocalRankFusion([[4]], 0)).toEqual([{ id: 4, score: 1 }]);
  });
});
