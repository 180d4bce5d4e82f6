import { expect, it } from "vitest";
import { clip, columnsOf, pad, shorten } from "./text-columns.ts";

it.each([
  ["abc", 3],
  ["", 0],
  ["é", 1],
  ["e\u0301", 1],
  ["日本", 4],
  ["한글", 4],
  ["🚀", 2],
  ["█░", 2],
])("%j takes %i columns", (text, columns) => {
  expect(columnsOf(text)).toBe(columns);
});

it.each([
  ["abc", 2, "ab"],
  ["abc", 3, "abc"],
  ["日本", 3, "日"],
  ["🚀🚀", 2, "🚀"],
  ["e\u0301f", 1, "e\u0301"],
])("%j is cut to %i columns", (text, columns, expected) => {
  expect(clip(text, columns)).toBe(expected);
});

it.each([
  ["reading files", 13, "reading files"],
  ["reading files", 12, "reading…"],
  ["reading files", 8, "reading…"],
  ["reading files", 7, "readin…"],
  ["a longestWord", 8, "a longe…"],
  ["embedding with local, requests", 22, "embedding with local…"],
  ["日本語", 5, "日本…"],
])("%j is shortened to %i columns", (text, columns, expected) => {
  expect(shorten(text, columns)).toBe(expected);
});

it("pads to columns, not to characters", () => {
  expect(pad("日", 4)).toBe("日  ");
  expect(pad("abc", 2)).toBe("abc");
});
