import { expect, it } from "vitest";
import { isAboutTexts } from "./is-about-texts.ts";

it.each([400, 413, 422, 424, 500, 502, 503])("attributes status %d to a text", (status) => {
  expect(isAboutTexts({ status })).toBe(true);
  expect(isAboutTexts({ status, refused: true })).toBe(false);
});

it.each([
  ...[200, 401, 402, 403, 404, 405, 408, 409, 429, 504, 524, 600].map((status) => ({ status })),
  { status: "400" },
  { status: 400, name: "AuthenticationError" },
  {},
  new Error("no connection"),
  new DOMException("aborted", "AbortError"),
  "400",
  null,
  undefined,
])("does not take %j to be about a text", (error) => {
  expect(isAboutTexts(error)).toBe(false);
});
