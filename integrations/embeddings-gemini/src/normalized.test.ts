import { expect, it } from "vitest";
import { normalized } from "./normalized.ts";

it.each([
  [
    [3, 4],
    [0.6, 0.8],
  ],
  [
    [0, -2, 0],
    [0, -1, 0],
  ],
  // Too large, or too small, for a 32-bit float.
  [
    [1e100, 1e100],
    [Math.SQRT1_2, Math.SQRT1_2],
  ],
  [
    [-3e-60, 4e-60],
    [-0.6, 0.8],
  ],
])("gives %j the length 1", (values, expected) => {
  expect(normalized(values)).toEqual(Float32Array.from(expected));
});

it.each([
  ["zeros", [0, 0]],
  ["nothing", []],
  ["what is not finite", [1, Number.NaN]],
  ["what has no finite length", [1e200, 1]],
  ["null", [1, null]],
  ["texts", ["1", "2"]],
  ["no list", "AACAPw=="],
  ["nothing at all", undefined],
])("returns %s as it is", (_what, values) => {
  expect(normalized(values)).toBe(values);
});
