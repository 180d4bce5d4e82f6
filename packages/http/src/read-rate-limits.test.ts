import { RateLimiter } from "@llx/async";
import { expect, it } from "vitest";
import { readRateLimits } from "./read-rate-limits.ts";

const read = (headers: Record<string, string>) => readRateLimits((name) => headers[name]);

it("reads requests and tokens, as a rate limiter accepts them", () => {
  const rates = read({
    "x-ratelimit-limit-requests": "500",
    "x-ratelimit-remaining-requests": " 0 ",
    "x-ratelimit-reset-requests": "51s",
    "x-ratelimit-limit-tokens": "800000",
  });
  expect(rates).toEqual({
    requests: { limit: 500, remaining: 0, reset: 51_000 },
    tokens: { limit: 800_000 },
  });
  new RateLimiter({ requests: { limit: 5, interval: 10 } }).observe(rates!);
});

it("reads the limits per minute as Mistral names them", () => {
  // As seen in https://github.com/mistralai/client-ts/issues/169.
  const rates = read({
    "x-ratelimit-limit-tokens-minute": "5000000",
    "x-ratelimit-remaining-tokens-minute": "4999911",
    "x-ratelimit-tokens-query-cost": "52",
    "x-ratelimit-limit-req-minute": "720",
    "x-ratelimit-remaining-req-minute": "717",
  });
  expect(rates).toEqual({
    requests: { limit: 720, remaining: 717 },
    tokens: { limit: 5_000_000, remaining: 4_999_911 },
  });
});

it.each([
  ["51s", 51_000],
  ["1m30s", 90_000],
  ["6ms", 6],
  ["1h2m", 3_720_000],
  ["0.5s", 500],
  ["1m0.25s", 60_250],
  ["1d", 86_400_000],
  ["2m5ms", 120_005],
  ["30", 30_000],
  ["1.1", 1100],
  ["0s", 0],
])("reads the time %s", (reset, milliseconds) => {
  expect(read({ "x-ratelimit-reset-tokens": reset })).toEqual({ tokens: { reset: milliseconds } });
});

it.each([
  ["limit", "0"],
  ["limit", "-1"],
  ["limit", "1.5"],
  ["limit", "many"],
  ["limit", "500, 500;w=60"],
  ["limit", "99999999999999999999"],
  ["remaining", "-1"],
  ["remaining", ""],
  ["remaining", "NaN"],
  ["reset", ""],
  ["reset", "s"],
  ["reset", "-5s"],
  ["reset", "5 steps"],
  ["reset", "1e9"],
  ["reset", "Infinity"],
  ["reset", "1772366400"],
  ["reset", "2026-03-01T12:00:00Z"],
])("ignores the %s %j", (part, value) => {
  expect(read({ [`x-ratelimit-${part}-requests`]: value })).toBeUndefined();
});
