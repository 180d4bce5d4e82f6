import { expect, it } from "vitest";
import { formatDuration } from "./format-duration.ts";

it.each([
  [0, "0 µs"],
  [0.0304, "30 µs"],
  [0.99949, "999 µs"],
  [0.9996, "1.00 ms"],
  [9.994, "9.99 ms"],
  [9.996, "10.0 ms"],
  [99.96, "100 ms"],
  [999.4, "999 ms"],
  [999.6, "1.00 s"],
  [59_990, "60.0 s"],
  [59_996, "1 min 00 s"],
  [125_000, "2 min 05 s"],
  [Number.NaN, "open"],
])("says %d ms as %s", (milliseconds, words) => {
  expect(formatDuration(milliseconds)).toBe(words);
});
