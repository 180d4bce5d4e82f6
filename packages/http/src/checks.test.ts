import { expect, it } from "vitest";
import { checkTimeout, describe } from "./checks.ts";

it("takes times above 0, without end too", () => {
  for (const time of [0.5, 60_000, 2 ** 40, Number.POSITIVE_INFINITY]) {
    expect(() => checkTimeout(time)).not.toThrow();
  }
  expect(() => checkTimeout(0)).toThrow(RangeError);
  expect(() => checkTimeout(null)).toThrow(TypeError);
});

it.each([
  ["sk-secret", "a string"],
  ["", "an empty string"],
  [() => {}, "a function"],
  [null, "null"],
  [["sk-secret"], "an object"],
  [undefined, "undefined"],
  [5n, "bigint 5"],
  [true, "boolean true"],
])("describes %o without what may be secret", (value, words) => {
  expect(describe(value)).toBe(words);
});
