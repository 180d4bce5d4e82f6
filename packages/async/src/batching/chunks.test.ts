import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunks } from "../index.ts";

async function* stream<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

describe("chunks", () => {
  it("splits items into arrays; the last one may be shorter", () => {
    expect([...chunks([1, 2, 3, 4, 5], 2)]).toEqual([[1, 2], [3, 4], [5]]);
    expect([...chunks("abc", 2)]).toEqual([["a", "b"], ["c"]]);
    expect([...chunks([], 2)]).toEqual([]);
  });

  it.each([0, null, undefined])("fills the last chunk with pad: %s", (pad) => {
    expect([...chunks([1, 2, 3], 2, { pad })]).toEqual([
      [1, 2],
      [3, pad],
    ]);
    expect([...chunks([1, 2], 2, { pad })]).toEqual([[1, 2]]);
  });

  it("splits async iterables into async chunks", async () => {
    expect(await Array.fromAsync(chunks(stream([1, 2, 3]), 2, { pad: 9 }))).toEqual([
      [1, 2],
      [3, 9],
    ]);
  });

  it("keeps every item in order, in chunks of the requested size", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 9 }), (items, size) => {
        const cut = [...chunks(items, size)];
        expect(cut.flat()).toEqual(items);
        expect(cut.slice(0, -1).every(({ length }) => length === size)).toBe(true);
        expect(cut.every(({ length }) => length >= 1 && length <= size)).toBe(true);
      }),
    );
  });

  it("reads nothing beyond the requested chunk, and closes its source", () => {
    let read = 0;
    let closed = false;
    function* source(): Generator<number> {
      try {
        while (true) yield read++;
      } finally {
        closed = true;
      }
    }
    for (const chunk of chunks(source(), 3)) {
      expect(chunk).toEqual([0, 1, 2]);
      break;
    }
    expect([read, closed]).toEqual([3, true]);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses the size %s at once", (size) => {
    expect(() => chunks([1], size)).toThrow(RangeError);
  });

  it.each([
    ["a size that is no number", [1], "2"],
    ["what is no iterable", 5, 2],
    ["null", null, 2],
  ])("refuses %s", (_what, items, size) => {
    expect(() => chunks(items as never, size as never)).toThrow(TypeError);
  });

  it("are filled up to a weight, in order, and never beyond", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 10 })),
        fc.integer({ min: 10, max: 25 }),
        fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
        (items, maxWeight, maxItems) => {
          const cut = [...chunks(items, { maxWeight, maxItems, weigh: (item) => item })];
          expect(cut.flat()).toEqual(items);
          const weights = cut.map((chunk) => chunk.reduce((sum, item) => sum + item, 0));
          expect(weights.every((weight) => weight <= maxWeight)).toBe(true);
          expect(cut.every(({ length }) => length >= 1 && length <= (maxItems ?? Infinity))).toBe(true);
          // No chunk could have taken the first item of the next one.
          for (const [index, next] of cut.slice(1).entries()) {
            const full = cut[index]!.length === maxItems || weights[index] === maxWeight;
            expect(full || weights[index]! + next[0]! > maxWeight).toBe(true);
          }
        },
      ),
    );
  });

  it("weigh async items too, and name the item that is too heavy for any chunk", async () => {
    async function* texts(): AsyncGenerator<string> {
      yield* ["aa", "b", "cc", "ddddd"];
    }
    const seen: string[][] = [];
    const reading = (async () => {
      const limits = { maxWeight: 3, weigh: (text: string) => text.length };
      for await (const chunk of chunks(texts(), limits)) seen.push(chunk);
    })();
    await expect(reading).rejects.toThrow(new RangeError("item 3 weighs 5, more than maxWeight (3)"));
    expect(seen).toEqual([["aa", "b"]]);
  });

  it("are yielded as soon as they are full, without reading ahead", () => {
    let read = 0;
    function* ones(): Generator<number> {
      while (true) {
        read++;
        yield 1;
      }
    }
    const cut = chunks(ones(), { maxWeight: 3, weigh: (item) => item });
    expect(cut.next().value).toEqual([1, 1, 1]);
    expect(read).toBe(3);
  });

  it.each([
    ["no limit", {}, "limits of size must have maxItems, or maxWeight and weigh"],
    ["a weight of 0", { maxWeight: 0, weigh: Number }, "maxWeight must be a number above 0, not number 0"],
    ["nothing to weigh with", { maxWeight: 5 }, "weigh must be a function, not undefined"],
    ["null", null, "size must be a number or an object of limits, not null"],
  ])("refuses %s", (_what, limits, message) => {
    expect(() => chunks([1], limits as never)).toThrow(message);
  });

  it("refuses an invalid weight, and a pad without maxItems", () => {
    expect(() => [...chunks([1], { maxWeight: 5, weigh: () => Number.NaN })]).toThrow(
      "the weight of item 0 must be a number from 0, not number NaN",
    );
    expect(() => chunks([1], { maxWeight: 5, weigh: Number }, { pad: 0 })).toThrow(
      "pad needs maxItems, the length to fill up to",
    );
    expect([...chunks([1, 4], { maxItems: 3, maxWeight: 5, weigh: Number }, { pad: 0 })]).toEqual([[1, 4]]);
    expect([...chunks([1, 3], { maxItems: 3, maxWeight: 5, weigh: Number }, { pad: 0 })]).toEqual([
      [1, 3, 0],
    ]);
  });
});
