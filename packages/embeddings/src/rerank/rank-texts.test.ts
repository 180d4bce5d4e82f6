import { describe, expect, it } from "vitest";
import type { RerankResponse } from "./rerank-provider.ts";
import { RerankResponseError } from "./rerank-response-error.ts";
import { rankTexts } from "./rank-texts.ts";

const expected = { provider: "acme", texts: 3, results: 3 };

function rank(results: unknown, more: Partial<RerankResponse> = {}, results_ = 3): unknown {
  return rankTexts({ ...more, results } as RerankResponse, { ...expected, results: results_ });
}

/** What is wrong with a response, and whether another attempt may help. */
function problemOf(results: unknown, more: Partial<RerankResponse> = {}, count = 3): [string, boolean] {
  try {
    rank(results, more, count);
  } catch (error) {
    if (!(error instanceof RerankResponseError)) throw error;
    return [error.message.replace("acme returned an invalid response: ", ""), error.retryable];
  }
  throw new Error("the response is accepted");
}

const one = (index: unknown, score: unknown = 0.5): object => ({ index, score });

describe("the results of a response", () => {
  it("are ordered by score, and equal ones by index", () => {
    const results = [one(2, 0.25), one(1, 0.75), one(0, 0.25)];
    expect(rank(results)).toEqual([one(1, 0.75), one(0, 0.25), one(2, 0.25)]);
  });

  it("may have any finite score, and lose what else they have", () => {
    expect(rank([{ ...one(1, -3.5), document: "a text" }, one(0, 12)], {}, 2)).toEqual([
      one(0, 12),
      one(1, -3.5),
    ]);
  });

  it.each<[string, unknown, number, string, boolean]>([
    ["no list", undefined, 3, "there is no list of results", false],
    ["too few", [one(0), one(1)], 3, "2 results, not 3, for 3 texts", true],
    ["too many", [one(0), one(1), one(2)], 2, "3 results, not 2, for 3 texts", false],
    [
      "null in the list",
      [one(0), null, one(2)],
      3,
      "item 1 of the list is not an object with index and score",
      false,
    ],
    [
      "no index",
      [one(0), one(undefined), one(2)],
      3,
      "the index of item 1 is not a whole number but undefined",
      false,
    ],
    [
      "a text as index",
      [one("0"), one(1), one(2)],
      3,
      "the index of item 0 is not a whole number but a string",
      false,
    ],
    [
      "half an index",
      [one(0.5), one(1), one(2)],
      3,
      "the index of item 0 is not a whole number but number 0.5",
      false,
    ],
    ["an index too high", [one(1), one(2), one(3)], 3, "index 3 for 3 texts, counted from 0", false],
    ["a negative index", [one(-1), one(1), one(2)], 3, "index -1 for 3 texts, counted from 0", false],
    ["an index twice", [one(1), one(1), one(2)], 3, "index 1 twice", false],
    [
      "no score",
      [one(0), { index: 2 }, one(1)],
      3,
      "the score of texts[2] is undefined, not a finite number",
      true,
    ],
    [
      "null as score",
      [one(0), one(2, null), one(1)],
      3,
      "the score of texts[2] is null, not a finite number",
      true,
    ],
    ["NaN", [one(0), one(1), one(2, NaN)], 3, "the score of texts[2] is NaN, not a finite number", true],
    [
      "infinity",
      [one(0), one(1), one(2, Infinity)],
      3,
      "the score of texts[2] is Infinity, not a finite number",
      true,
    ],
  ])("are refused with %s", (_what, results, count, problem, retryable) => {
    expect(problemOf(results, {}, count)).toEqual([problem, retryable]);
  });

  it("are described by their form where there is no list, without their content", () => {
    const [problem] = problemOf(undefined, { body: { message: "a secret", other: 1 } });
    expect(problem).toBe("there is no list of results; the response is an object with message");
  });

  it("are refused with the id of the request", () => {
    expect(() => rank([], { requestId: "r-1" })).toThrow(
      expect.objectContaining({ requestId: "r-1", provider: "acme", name: "RerankResponseError" }) as Error,
    );
  });
});
