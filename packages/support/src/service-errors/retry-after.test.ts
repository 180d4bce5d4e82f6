import { expect, it } from "vitest";
import { timeToReset, readRetryAfter } from "./retry-after.ts";

const now = Date.parse("2026-03-01T12:00:00Z");

it.each([
  ["seconds", { "retry-after": "12" }, 12_000],
  ["parts of seconds", { "retry-after": " 0.5 " }, 500],
  ["milliseconds first", { "retry-after-ms": "250", "retry-after": "12" }, 250],
  ["a date", { "retry-after": "Sun, 01 Mar 2026 12:00:30 GMT" }, 30_000],
  [
    "a date by the server's clock, which this machine's is hours ahead of",
    { "retry-after": "Sun, 01 Mar 2026 06:00:30 GMT", date: "Sun, 01 Mar 2026 06:00:00 GMT" },
    30_000,
  ],
  [
    "a date beside one that cannot be read",
    { "retry-after": "Sun, 01 Mar 2026 12:00:30 GMT", date: "Now, or later" },
    30_000,
  ],
  ["a date that has passed", { "retry-after": "Sun, 01 Mar 2026 11:59:00 GMT" }, undefined],
  ["days", { "retry-after": "172800" }, 172_800_000],
  ["a year", { "retry-after": "31622400" }, 31_622_400_000],
  ["more than a year", { "retry-after": "31622401" }, undefined],
  ["what no number can hold", { "retry-after": "9".repeat(400) }, undefined],
  ["milliseconds that no number can hold", { "retry-after-ms": "9".repeat(400) }, undefined],
  ["a date of another century", { "retry-after": "Sun, 01 Mar 2126 12:00:30 GMT" }, undefined],
  ["garbage", { "retry-after": "soon" }, undefined],
  ["a number below zero", { "retry-after": "-5" }, undefined],
  ["what looks like a number", { "retry-after": "2 apples" }, undefined],
  ["nothing", {}, undefined],
  ["an empty value", { "retry-after": "" }, undefined],
])("reads %s", (_kind, headers: Record<string, string>, milliseconds) => {
  expect(readRetryAfter((name) => headers[name], now)).toBe(milliseconds);
});

it.each([
  ["requests", { requests: { remaining: 0, reset: 5 }, tokens: { remaining: 1, reset: 9 } }, 5],
  ["tokens", { requests: { remaining: 3, reset: 5 }, tokens: { remaining: 0, reset: 9 } }, 9],
  ["both, the longer", { requests: { remaining: 0, reset: 9 }, tokens: { remaining: 0, reset: 5 } }, 9],
  ["one that tells no time", { requests: { remaining: 0 } }, undefined],
  ["one that tells not what is left", { requests: { reset: 5 } }, undefined],
  ["nothing", undefined, undefined],
])("waits for a limit that is used up: %s", (_kind, rates, milliseconds) => {
  expect(timeToReset(rates)).toBe(milliseconds);
});
