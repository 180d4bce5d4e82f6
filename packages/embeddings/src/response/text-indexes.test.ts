import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textIndexes } from "./text-indexes.ts";

describe("the indexes of texts", () => {
  it.each([
    ["each has its index", [2, 0, 1], [2, 0, 1]],
    ["they are strings", ["1", "0"], [1, 0]],
    ["the first one is left out, as 0 is in JSON made of protobuf", [undefined, 1, 2], [0, 1, 2]],
    ["the 0 is left out, and they are in another order", [2, 1, undefined], [2, 1, 0]],
    ["there is only one, without its 0", [undefined], [0]],
    ["there is none at all", [undefined, undefined, undefined], [0, 1, 2]],
    ["some are left out, and the others are in order", [0, undefined, 2, null], [0, 1, 2, 3]],
    ["there are no texts", [], []],
  ])("are known where %s", (_case, indexes, assigned) => {
    expect(textIndexes(indexes)).toEqual(assigned);
  });

  it.each([
    ["all are 0", [0, 0, 0], "index 0 twice"],
    ["one is there twice", [0, 1, 1], "index 1 twice"],
    ["one is there twice, once as a string", [0, "0"], "index 0 twice"],
    ["they count from 1", [1, 2, 3], "index 3 for 3 texts, counted from 0"],
    ["the only one is 1", [1], "index 1 for 1 texts, counted from 0"],
    ["one is below 0", [-1, 0], "index -1 for 2 texts, counted from 0"],
    ["one is no whole number", [0, 0.5], "the index of item 1 is not a whole number but number 0.5"],
    ["one is no number", ["a secret"], "the index of item 0 is not a whole number but a string"],
    ["one is a string of another number", ["1.0"], "the index of item 0 is not a whole number but a string"],
    ["one is an object", [{}], "the index of item 0 is not a whole number but an object (Object)"],
    // The missing index could be that of its position, or the one that is absent.
    [
      "one that is not 0 is left out, and the others are in another order",
      [1, 0, undefined, 3, 4].toReversed(),
      "1 of 5 embeddings have no index, and the others are not in order",
    ],
    [
      "several are left out, and the others are in another order",
      [undefined, undefined, 1],
      "2 of 3 embeddings have no index, and the others are not in order",
    ],
    [
      "one is left out at the position of another",
      [undefined, 0],
      "1 of 2 embeddings have no index, and the others are not in order",
    ],
  ])("are in doubt where %s", (_case, indexes, problem) => {
    expect(textIndexes(indexes)).toBe(problem);
  });

  it("are assigned once each, whatever is left out", () => {
    const some = fc.array(
      fc.option(fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 5 }).map(String)), { nil: undefined }),
      {
        maxLength: 6,
      },
    );
    fc.assert(
      fc.property(some, (indexes) => {
        const assigned = textIndexes(indexes);
        if (typeof assigned === "string") return;
        expect(assigned.toSorted((a, b) => a - b)).toEqual([...indexes.keys()]);
        for (const [at, index] of indexes.entries())
          if (index !== undefined) expect(assigned[at]).toBe(Number(index));
      }),
    );
  });
});
