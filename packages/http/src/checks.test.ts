import { expect, it } from "vitest";
import { checkAttempt, checkKeepAliveThreshold, checkMaxBytes, checkTimeout } from "./checks.ts";

it("accepts times above 0, Infinity included", () => {
  for (const time of [0.5, 60_000, 2 ** 40, Number.POSITIVE_INFINITY]) {
    expect(() => checkTimeout(time)).not.toThrow();
  }
});

it.each([
  [() => checkTimeout(0), "timeout must be more than 0 milliseconds, or Infinity for no limit, not 0"],
  [
    () => checkTimeout(Number.NaN),
    "timeout must be more than 0 milliseconds, or Infinity for no limit, not NaN",
  ],
  [() => checkTimeout(null), "timeout must be more than 0 milliseconds, or Infinity for no limit, not null"],
  [
    () => checkTimeout("sk-secret"),
    "timeout must be more than 0 milliseconds, or Infinity for no limit, not a string",
  ],
  [() => checkAttempt(1.5), "attempt must be a whole number from 1, not 1.5"],
  [() => checkAttempt(5n), "attempt must be a whole number from 1, not bigint 5"],
  [() => checkMaxBytes(0), "maxBytes must be a whole number from 1, or Infinity for no limit, not 0"],
  [
    () => checkMaxBytes(["sk-secret"]),
    "maxBytes must be a whole number from 1, or Infinity for no limit, not an object (Array)",
  ],
  [() => checkKeepAliveThreshold(-1), "keepAliveTimeoutThreshold must be milliseconds from 0, not -1"],
  [
    () => checkKeepAliveThreshold(Number.POSITIVE_INFINITY),
    "keepAliveTimeoutThreshold must be milliseconds from 0, not Infinity",
  ],
])("refuses a value with what is allowed, and never shows a string: %s", (check, message) => {
  expect(check).toThrow(message);
});
