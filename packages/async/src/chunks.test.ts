import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunks } from "./index.ts";

async function* stream<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

describe("chunks", () => {
  it("cuts into arrays; the last one may be shorter", () => {
    expect([...chunks([1, 2, 3, 4, 5], 2)]).toEqual([[1, 2], [3, 4], [5]]);
    expect([...chunks("abc", 2)]).toEqual([["a", "b"], ["c"]]);
    expect([...chunks([], 2)]).toEqual([]);
  });

  it.each([0, null, undefined])("fills the last one up with pad, be it %s", (pad) => {
    expect([...chunks([1, 2, 3], 2, { pad })]).toEqual([
      [1, 2],
      [3, pad],
    ]);
    expect([...chunks([1, 2], 2, { pad })]).toEqual([[1, 2]]);
  });

  it("cuts async iterables into async chunks", async () => {
    expect(await Array.fromAsync(chunks(stream([1, 2, 3]), 2, { pad: 9 }))).toEqual([
      [1, 2],
      [3, 9],
    ]);
  });

  it("keeps every item in order, in chunks of the size asked for", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 9 }), (items, size) => {
        const cut = [...chunks(items, size)];
        expect(cut.flat()).toEqual(items);
        expect(cut.slice(0, -1).every(({ length }) => length === size)).toBe(true);
        expect(cut.every(({ length }) => length >= 1 && length <= size)).toBe(true);
      }),
    );
  });

  it("reads nothing beyond the chunk asked for, and closes its source", () => {
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
});
