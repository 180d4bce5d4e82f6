import { expect, it } from "vitest";
import { findError, holdsError } from "./holds-error.ts";

it.each([
  ["no error", { data: [1] }, false],
  ["null", { error: null }, false],
  ["an empty string", { error: " ", data: [] }, false],
  ["false", { error: false, message: "ok" }, false],
  ["zero", { error: 0 }, false],
  ["an empty object", { error: {} }, false],
  ["an object that says nothing", { error: { message: null, code: 0 } }, false],
  ["an empty list", { error: [] }, false],
  ["true alone", { error: true }, false],
  ["words beside data", { error: "one of two failed", data: [[1]] }, false],
  ["data beside an error, whatever its name", { error: { message: "a" }, embeddings: [[1]] }, false],
  ["more than one answer", [{ error: "a" }, { error: "a" }], false],
  ["lists in lists", [[{ error: "a" }]], false],
  ["a string", "error", false],
  ["nothing", null, false],
  ["no success that nobody explains", { success: false }, false],
  ["a code that is no failure", { code: 200, message: "ok" }, false],
  ["a code beside data", { code: 404, message: "one of two", data: [[1]] }, false],
  ["a message alone", { message: "ok" }, false],
  ["no success", { success: false, errors: [{ message: "a" }], result: null }, true],
  ["a status that is an error", { status: "error", message: "a" }, true],
  ["a code of its own", { code: 404, message: "a", data: null }, true],
  ["words", { error: "a" }, true],
  ["words beside no data", { object: "list", data: [], error: "a" }, true],
  ["an object", { error: { message: "a" } }, true],
  ["a list of words", { error: ["a"] }, true],
  ["true, with words beside it", { error: true, message: "a" }, true],
  ["lists that belong to the error", { error: "a", details: [1], errors: ["a"], messages: ["a"] }, true],
  ["one answer", [{ error: "a" }], true],
])("tells an error from an answer: %s", (_form, body, expected) => {
  expect(holdsError(body)).toBe(expected);
});

it("parses a small body a second time, but not a large one", () => {
  expect(findError(Buffer.from('{"error":"a"}'))).toEqual({ error: "a" });
  expect(findError(Buffer.from('{"data":[]}'))).toBeUndefined();
  expect(findError(Buffer.from("<html>"))).toBeUndefined();
  expect(findError(Buffer.from(JSON.stringify({ error: "a".repeat(64 * 1024) })))).toBeUndefined();
});
