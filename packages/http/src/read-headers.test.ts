import { expect, it } from "vitest";
import { readHeaders } from "./read-headers.ts";

it("gives headers by their names in lower case", () => {
  expect(readHeaders({ "X-Thing": "a b\té", Authorization: "" })).toEqual({
    "x-thing": "a b\té",
    authorization: "",
  });
  expect(readHeaders(undefined)).toEqual({});
});

it.each([
  ["a line break", { "x-a": "sk-1\r\nx: y" }, "the header x-a must be a string without line breaks"],
  ["a zero", { "x-a": "sk-1\0" }, "the header x-a must be a string without line breaks"],
  ["a number", { "x-a": 51 }, "the header x-a must be a string without line breaks"],
  ["no value", { "x-a": undefined }, "the header x-a must be a string without line breaks"],
  [
    "a letter of ours",
    { "x-a": "sk-1 — ж" },
    "the header x-a holds a character that no header can have; encode it",
  ],
  [
    "a bad name",
    { "x-b": "", "Bearer sk-1": "authorization" },
    "the name of header 2 cannot be sent: it must be letters, digits and signs such as -, without spaces",
  ],
  [
    "no name",
    { "": "sk-1" },
    "the name of header 1 cannot be sent: it must be letters, digits and signs such as -, without spaces",
  ],
  ["a length", { "Content-Length": "5" }, "the header Content-Length is the connection's own; leave it out"],
  ["a list", [["x-a", "sk-1"]], 'headers must be an object such as { "x-name": "value" }, not an iterable'],
  ["Headers", new Headers(), 'headers must be an object such as { "x-name": "value" }, not an iterable'],
  ["a string", "sk-1", 'headers must be an object such as { "x-name": "value" }, not a string'],
])("refuses %s, and never shows it", (_kind, headers, message) => {
  const refusal = (): unknown => readHeaders(headers);
  expect(refusal).toThrow(TypeError);
  expect(refusal).toThrow(new TypeError(message));
  expect(message).not.toMatch(/sk-1|51/);
});
