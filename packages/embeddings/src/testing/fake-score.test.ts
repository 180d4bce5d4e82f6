import { describe, expect, it } from "vitest";
import { fakeScore } from "./fake-score.ts";

describe("fakeScore", () => {
  it("is the same in every process", () => {
    expect(fakeScore("black cat", "a black bird")).toBe(0.622858656803146);
  });

  it("is higher for a text with more of the query's words, in any case", () => {
    const query = "A black cat";
    const [none, one, all] = ["Two dogs sleep", "The CAT sleeps", "cat, black; a"].map((text) =>
      fakeScore(query, text),
    ) as [number, number, number];
    // The query has three words: each is worth a quarter.
    expect([none, one, all].map((score) => Math.floor(score * 4))).toEqual([0, 1, 3]);
  });

  it("differs for texts with as many words, and by seed", () => {
    const scores = ["a dog", "a bird", "a mouse"].map((text) => fakeScore("a cat", text));
    expect(new Set(scores).size).toBe(3);
    expect(fakeScore("a cat", "a dog", 1)).not.toBe(scores[0]);
    for (const score of scores) expect(score > 0 && score < 1).toBe(true);
  });
});
