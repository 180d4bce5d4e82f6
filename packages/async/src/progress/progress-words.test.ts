import { expect, it } from "vitest";
import { durationInWords, pausedInWords, rateInWords } from "./progress-words.ts";

it.each([
  [1_234_567.4, "1,234,567/s"],
  [999.4, "999/s"],
  [10, "10/s"],
  [9.96, "10/s"],
  [9.94, "9.9/s"],
  [1, "1.0/s"],
  [0.5, "30/min"],
  [0.05, "3.0/min"],
  [0.01, "36/h"],
])("%d steps a second are %s", (perSecond, words) => {
  expect(rateInWords(perSecond)).toBe(words);
});

it.each([
  [0, "0ms"],
  [35.4, "35ms"],
  [999.4, "999ms"],
  [999.6, "1s"],
  [8240, "8.2s"],
  [9960, "10s"],
  [59_400, "59s"],
  [59_600, "1m 00s"],
  [125_000, "2m 05s"],
  [3_599_600, "1h 00m"],
  [7_500_000, "2h 05m"],
  [86_399_000, "1d 00h"],
  [273_600_000, "3d 04h"],
])("%d ms are %s", (milliseconds, words) => {
  expect(durationInWords(milliseconds)).toBe(words);
});

it.each([
  // What a service asks for, and up to a tenth more.
  [1_000, 1],
  [1_099, 1],
  [12_400, 12],
  [2_000, 2],
  [0, 1],
])("a wait of %d ms is announced as %d s", (wait, seconds) => {
  expect(pausedInWords(wait)).toEqual([
    `paused by the service, next try in ${seconds} s`,
    `paused, ${seconds} s`,
  ]);
});
