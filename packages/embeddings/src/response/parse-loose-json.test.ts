import { expect, it } from "vitest";
import { parseLooseJson } from "./parse-loose-json.ts";

it.each([
  ['{"a":[1,NaN,2]}', { a: [1, Number.NaN, 2] }],
  ["[Infinity,-Infinity]", [Infinity, -Infinity]],
  ["[nan,-nan,inf,-inf]", [Number.NaN, Number.NaN, Infinity, -Infinity]],
  ['{"NaN":"NaN","b":"\\"NaN,","c":NaN}', { NaN: "NaN", b: '"NaN,', c: Number.NaN }],
])("reads the numbers of %s that JSON does not have", (text, value) => {
  expect(parseLooseJson(text)).toEqual(value);
});

it.each(['{"a":1}', '{"a":"NaN"', "<p>NaN</p>", "[NaN,]", "[NaNs]", '["NaN]', "", '"NaN"'])(
  "gives nothing for %j",
  (text) => {
    expect(parseLooseJson(text)).toBeUndefined();
  },
);

it("is not stopped by a long string", () => {
  expect(parseLooseJson(`["${"a".repeat(20_000_000)}",NaN]`)).toHaveLength(2);
});
