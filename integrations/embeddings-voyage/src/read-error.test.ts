import { expect, it } from "vitest";
import { readError } from "./read-error.ts";

it.each([
  ["a reason", { reason: "too many texts" }, "too many texts"],
  ["a reason of another type", { reason: 5 }, undefined],
  ["an object without a reason", {}, undefined],
  ["a page", "<html>", undefined],
  ["nothing", null, undefined],
])("the words of an error are read from %s", (_form, body, words) => {
  expect(readError(body)).toBe(words);
});
