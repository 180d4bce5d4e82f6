import { expect, it } from "vitest";
import { readError } from "./read-error.ts";

it.each([
  [
    "title and detail",
    { type: "about:blank", title: "Bad", status: 400, detail: "too many" },
    "Bad: too many",
  ],
  ["a title alone", { title: "Bad" }, "Bad"],
  ["a detail alone", { title: "", detail: "too many" }, "too many"],
  ["words of another type", { title: 5, detail: ["a"] }, undefined],
  ["no words", { status: 500 }, undefined],
  [
    "a list of fields, which the client reads",
    { title: "Unprocessable", detail: [{ loc: ["body", "texts"], msg: "field required" }] },
    undefined,
  ],
  ["a page", "<html>", undefined],
  ["nothing", null, undefined],
])("the words of a problem are read from %s", (_form, body, words) => {
  expect(readError(body)).toBe(words);
});
