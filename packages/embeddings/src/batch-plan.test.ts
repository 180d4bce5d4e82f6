import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planBatches } from "./batch-plan.ts";

/** Texts with emoji, surrogate pairs and broken ones, and often twice. */
const text = fc
  .oneof(
    fc.constantFrom("same", "🙂", "👩‍👩‍👧", "a\uD83D"),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
  )
  .filter((each) => each.trim() !== "");

describe("the plan of requests", () => {
  it("holds each text once, in order, within all limits, and finds each again", () => {
    const limits = fc.record({
      inputs: fc.integer({ min: 1, max: 7 }),
      characters: fc.option(fc.integer({ min: 40, max: 90 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 40 }), limits, (texts, { inputs, characters }) => {
        const { batches, places } = planBatches(texts, { inputs, characters });
        const sent = batches.flat();
        expect(sent).toEqual([...new Set(texts)]);
        expect(places.map((place) => sent[place])).toEqual(texts);
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThanOrEqual(1);
          expect(batch.length).toBeLessThanOrEqual(inputs);
          const length = batch.reduce((sum, each) => sum + each.length, 0);
          expect(length).toBeLessThanOrEqual(characters ?? Infinity);
        }
      }),
    );
  });

  it("uses no more requests than it must", () => {
    const texts = Array.from({ length: 193 }, (_, index) => `text ${index}`);
    expect(planBatches(texts, { inputs: 96 }).batches.map(({ length }) => length)).toEqual([96, 96, 1]);
    expect(planBatches([], { inputs: 96 })).toEqual({ batches: [], places: [] });
  });

  it("names the text that cannot be sent", () => {
    const limits = { inputs: 9, charactersPerInput: 4 };
    expect(() => planBatches(["good", "bad one"], limits)).toThrow(
      "texts[1] has 7 characters, and the provider takes at most 4; cut it into passages",
    );
    expect(() => planBatches(["good", " \n"], limits)).toThrow(
      "texts[1] is empty or only white space; leave it out",
    );
    expect(() => planBatches([7 as never], limits)).toThrow("texts[0] must be a string, not number");
    expect(() => planBatches("text" as never, limits)).toThrow(
      "texts must be an array of strings, not string",
    );
  });
});
