import { expect, it } from "vitest";
import { limitIntervals } from "./limit-intervals.ts";

it.each([
  ["3 requests per second", [1000]],
  ["on tokens per min (TPM): Limit 1000000", [60_000, 60_000]],
  ["60 / min", [60_000]],
  ["1000 calls/minute", [60_000]],
  ["10/s", [1000]],
  ["100 requests per 10 seconds", [10_000]],
  ["100 credits per 1 hour or 400 per day", [3_600_000, 86_400_000]],
  ["GenerateRequestsPerMinutePerProjectPerModel-FreeTier", [60_000]],
  ["free-models-per-day", [86_400_000]],
  ["requests_per_hour", [3_600_000]],
  ["3 RPM and 10K TPM", [60_000, 60_000]],
  ["RPD", [86_400_000]],
  ["ITPM", [60_000]],
  ["qps", [1000]],
  ["daily limit", [86_400_000]],
  ["hourly", [3_600_000]],
  ["permission denied for this section per section", []],
  ["REQUESTS_PER_MINUTE", [60_000]],
  ["1000 calls / month", []],
  ["http/search/day-trip", [86_400_000]],
  ["MRPM, RPMs, HTTPS", []],
  ["", []],
])("reads the windows of %j", (words, milliseconds) => {
  expect(limitIntervals(words)).toEqual(milliseconds);
});
