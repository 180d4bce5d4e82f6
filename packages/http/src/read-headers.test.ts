import { expect, it } from "vitest";
import { mergeHeaders, readHeaders } from "./read-headers.ts";

it("returns headers by their names in lower case", () => {
  expect(readHeaders({ "X-Thing": "a b\té", Authorization: "" })).toEqual({
    "x-thing": "a b\té",
    authorization: "",
  });
  expect(readHeaders(undefined)).toEqual({});
});

it.each([
  ["an object", { "X-A": "1", "x-b": "2" }],
  ["an object without a prototype", Object.assign(Object.create(null), { "x-a": "1", "x-b": "2" })],
  ["Headers", new Headers({ "X-A": "1", "x-b": "2" })],
  ["a Map", new Map(Object.entries({ "x-A": "1", "x-b": "2" }))],
  [
    "pairs",
    [
      ["x-A", "1"],
      ["x-b", "2"],
    ],
  ],
  ["what iterates over pairs", new Map(Object.entries({ "x-A": "1", "x-b": "2" })).entries()],
])("reads %s", (_kind, headers) => {
  expect(readHeaders(headers)).toEqual({ "x-a": "1", "x-b": "2" });
});

it("merges several sets of headers, of which the last takes precedence", () => {
  const given = new Headers({ authorization: "theirs", "x-a": "1" });
  expect(mergeHeaders({ "X-A": "0", "x-b": "2" }, given, undefined, { Authorization: "ours" })).toEqual({
    "x-a": "1",
    "x-b": "2",
    authorization: "ours",
  });
});

const forms =
  'headers must be an object such as { "x-name": "value" }, a Headers object, a Map or a list of pairs, not';

it.each([
  ["a line break", { "x-a": "sk-1\r\nx: y" }, "the header x-a must be a string without line breaks"],
  ["a zero", { "x-a": "sk-1\0" }, "the header x-a must be a string without line breaks"],
  ["a number", { "x-a": 51 }, "the header x-a must be a string without line breaks"],
  ["no value", { "x-a": undefined }, "the header x-a must be a string without line breaks"],
  [
    "a letter of ours",
    { "x-a": "sk-1 — ж" },
    "the header x-a contains a character that headers do not allow; encode it",
  ],
  [
    "a bad name",
    { "x-b": "", "Bearer sk-1": "authorization" },
    "the name of header 2 is invalid: it may contain letters, digits and signs such as -, but no spaces",
  ],
  [
    "no name",
    { "": "sk-1" },
    "the name of header 1 is invalid: it may contain letters, digits and signs such as -, but no spaces",
  ],
  ["a length", { "Content-Length": "5" }, "the header Content-Length is set by the connection; omit it"],
  ["a list of strings", ["sk-1", "sk-2"], `${forms} another object`],
  ["pairs of three", [["x-a", "sk-1", "sk-2"]], `${forms} another object`],
  ["a Set of strings", new Set(["sk-1"]), `${forms} another object`],
  ["what holds nothing to be read", new Date(0), `${forms} another object`],
  ["a promise", Promise.resolve({ "x-a": "sk-1" }), `${forms} another object`],
  ["a string", "sk-1", `${forms} a string`],
  ["null", null, `${forms} null`],
  ["a number", 51, `${forms} number 51`],
  [
    "a name that is no string",
    new Map([[51, "sk-1"]]),
    "the name of header 1 is invalid: it may contain letters, digits and signs such as -, but no spaces",
  ],
])("refuses %s, and never shows it", (_kind, headers, message) => {
  const refusal = (): unknown => readHeaders(headers);
  expect(refusal).toThrow(TypeError);
  expect(refusal).toThrow(new TypeError(message));
  expect(message).not.toMatch(/sk-1/);
});
