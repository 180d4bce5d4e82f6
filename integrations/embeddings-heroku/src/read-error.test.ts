import { expect, it } from "vitest";
import { readError } from "./read-error.ts";

it.each([
  ["an object", { error: { code: 429, message: "slow down", type: "rate_limit_error" } }, "slow down"],
  ["JSON inside a string", { error: '{"error":{"message":"inner"}}' }, "inner"],
  ["JSON of a message inside a string", { error: '{"message":"inner"}' }, "inner"],
  ["JSON of something else inside a string", { error: '{"code":5}' }, '{"code":5}'],
  ["a plain string", { error: "just words" }, "just words"],
  ["a message at the top", { message: "at the top" }, "at the top"],
  ["an object before the message at the top", { error: { message: "inner" }, message: "outer" }, "inner"],
  ["an object without words, then a message at the top", { error: { code: 5 }, message: "outer" }, "outer"],
  ["raw text", "<html>", undefined],
  [
    "a list of fields, which the client reads",
    { detail: [{ loc: ["body", "input"], msg: "field required" }] },
    undefined,
  ],
  ["nothing", null, undefined],
  ["something else", { error: 5 }, undefined],
])("the words of an error are read from %s", (_form, body, words) => {
  expect(readError(body)).toBe(words);
});
