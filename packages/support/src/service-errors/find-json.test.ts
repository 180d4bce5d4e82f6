import * as fc from "fast-check";
import { expect, it } from "vitest";
import { findJson, parseCutJson } from "./find-json.ts";

it.each([
  ['{"a":1}', { before: "", value: { a: 1 } }],
  ['HTTP 429: {"a":1}', { before: "HTTP 429: ", value: { a: 1 } }],
  ['[ {"a":1}]', { before: "", value: [{ a: 1 }] }],
  ['one of ["a"]', undefined],
  ["5", undefined],
  ["{name} is wrong", undefined],
  ["", undefined],
])("finds the JSON of %j", (text, found) => {
  expect(findJson(text)).toEqual(found);
});

it.each([
  ['{"a":"b', { a: "b" }],
  ['{"a":1,"b":[1,2', { a: 1, b: [1, 2] }],
  ['{"a":1,"b', { a: 1 }],
  ['[{"a":"b\\', undefined],
  ['{"a":{"b":"}],","c":tr', { a: { b: "}]," } }],
  ["<html>", undefined],
  ["no", undefined],
  ["[error] no", undefined],
  ["", undefined],
])("reads what there is of %j", (text, value) => {
  expect(parseCutJson(text)).toEqual(value);
});

it("reads part of each object that is cut after its first member", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), (rest, at) => {
      const text = JSON.stringify({ first: "member", rest });
      const least = '{"first":"member",'.length;
      expect(parseCutJson(text.slice(0, least + (at % (text.length - least))))).toMatchObject({
        first: "member",
      });
    }),
  );
});
