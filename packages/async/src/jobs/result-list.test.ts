import * as fc from "fast-check";
import { expect, it } from "vitest";
import { ResultList } from "./result-list.ts";

it("has each result at its index, in whatever order they arrive, over many blocks", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 13_000 }), fc.nat(), (count, seed) => {
      const order = Array.from({ length: count }, (_, index) => index);
      // A window of indexes that are filled out of order, as jobs end.
      let state = seed;
      for (let index = 0; index < count; index++) {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        const other = Math.min(count - 1, index + (state % 64));
        [order[index], order[other]] = [order[other]!, order[index]!];
      }
      const list = new ResultList<string>();
      for (const index of order) list.set(index, `result ${index}`);
      const array = list.toArray(count);
      expect(array).toHaveLength(count);
      expect(array.every((value, index) => value === `result ${index}`)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

it.each([0, 1, 4095, 4096, 4097, 8192, 8193])("has exactly %s results", (count) => {
  const list = new ResultList<undefined>();
  for (let index = 0; index < count; index++) list.set(index, undefined);
  const array = list.toArray(count);
  expect(array).toHaveLength(count);
  expect(Object.keys(array)).toHaveLength(count);
});

it("has a result in a block far ahead of the others", () => {
  const list = new ResultList<number>();
  list.set(9000, 1);
  for (let index = 0; index < 9000; index++) list.set(index, 0);
  expect(list.toArray(9001).indexOf(1)).toBe(9000);
});
