import { expect, it } from "vitest";
import { wrap } from "./wrap.ts";

it.each([
  ["one two", 10, ["one two"]],
  ["one two three", 8, ["one two", "three"]],
  ["one two three four five", 8, ["one two", "three", "four…"]],
  ["onetwothreefourfive", 8, ["onetwoth", "reefourf", "ive"]],
  ["onetwothreefourfivesixseven", 8, ["onetwoth", "reefourf", "ivesixs…"]],
  ["one two three four five", 9, ["one two", "three", "four five"]],
])("%j is broken into lines of %i", (text, width, lines) => {
  expect(wrap(text, width, 3)).toEqual(lines);
});
