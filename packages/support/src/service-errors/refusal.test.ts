import { describe, expect, it } from "vitest";
import { errorFacts } from "./error-facts.ts";
import { isTransientStatus, noDailyQuotaHint, noQuotaHint, readRefusal } from "./refusal.ts";

const read = (status: number, message: string, asked?: number) =>
  readRefusal({ status, message, facts: errorFacts({}), asked });

describe("readRefusal", () => {
  it.each([
    [429, "", undefined],
    [429, "rate limit of 3000000 tokens per minute exceeded", undefined],
    [429, "Resource has been exhausted (e.g. check quota). RESOURCE_EXHAUSTED", undefined],
    [429, "Service tier capacity exceeded for this model", undefined],
    [
      429,
      "You exceeded your current quota, please check your plan and billing details. Please retry in 39.5s.",
      undefined,
    ],
    [
      429,
      "Without a payment method in the billing page you have reduced rate limits of 3 RPM and 10K TPM.",
      undefined,
    ],
    [429, "Slow down. See https://a.example/account/billing", undefined],
    [429, "no credit at the moment", 2_000],
    [429, "insufficient_quota", 2_000],
    [503, "The model is overloaded. Please try again later.", undefined],
    [503, "Model a/b is currently loading", undefined],
    [503, "Service Unavailable", 1_000],
    [529, "Overloaded", undefined],
  ])("tells that waiting helps: %i %j", (status, message, asked) => {
    expect(read(status, message, asked)).toMatchObject({ refused: true, noQuota: undefined });
  });

  it.each([
    [429, "You exceeded your current quota, please check your plan and billing details.", undefined],
    [429, "insufficient_quota", undefined],
    [429, "billing_hard_limit_reached", undefined],
    [429, "Your team has used all available credits", undefined],
    [429, "Insufficient balance or no resource package", undefined],
    [429, "You are using a Trial key, which is limited to 1000 API calls / month.", undefined],
  ])("tells that a quota is used up: %i %j", (status, message, asked) => {
    expect(read(status, message, asked)).toMatchObject({ refused: false, noQuota: noQuotaHint });
  });

  it.each([
    [400, "too many tokens in the request", undefined],
    [402, "no credit", undefined],
    [500, "overloaded", 1_000],
    [503, "Service Unavailable", undefined],
    [503, "upstream connect error", undefined],
    [529, "", undefined],
  ])("takes other errors for no refusal: %i %j", (status, message, asked) => {
    expect(read(status, message, asked)).toMatchObject({ refused: false, noQuota: undefined });
  });
});

describe("readRefusal tells a quota of the day", () => {
  const [second, hour, day] = [1_000, 3_600_000, 86_400_000];
  const ofDay = (wait: number | undefined, quota = "RequestsPerDayPerProject") =>
    readRefusal({
      status: 429,
      message: "You exceeded your current quota.",
      facts: { code: 429, wait, marks: `RESOURCE_EXHAUSTED\nRequestsPerMinutePerProject\n${quota}` },
      asked: undefined,
    });

  it.each([undefined, 12 * second, hour - 1])("whatever shorter wait is stated: %s", (wait) => {
    expect(ofDay(wait)).toEqual({
      refused: false,
      noQuota: noDailyQuotaHint,
      retryAfter: undefined,
      limitInterval: day,
    });
  });

  it("unless the stated wait is that of the day", () => {
    const refusal = { refused: true, noQuota: undefined, retryAfter: 9 * hour, limitInterval: day };
    expect(ofDay(9 * hour)).toEqual(refusal);
  });

  it("from a shorter one", () => {
    expect(ofDay(12 * second, "RequestsPerHourPerProject")).toMatchObject({
      refused: true,
      retryAfter: 12 * second,
      limitInterval: hour,
    });
  });
});

describe("readRefusal reads the wait in a message", () => {
  it.each([
    ["Please retry after 20 seconds.", 20_000],
    ["Please try again in 20s. Visit", 20_000],
    ["Please try again in 120ms.", 120],
    ["try again in 250 milliseconds", 250],
    ["Please retry in 39.387s.", 39_387],
    ["Please try again in 6m0s.", 360_000],
    ["Please try again in 1h2m3.5s.", 3_723_500],
    ["try again in 2 minutes", 120_000],
    ["try again in 2 days", 172_800_000],
    ["try again in 3 months", undefined],
    ["try again in a moment", undefined],
    ["try again later", undefined],
  ])("%j", (message, wait) => {
    expect(read(429, message).retryAfter).toBe(wait);
  });

  it("counts less than that of the headers", () => {
    expect(read(429, "Please retry after 20 seconds.", 3_000).retryAfter).toBe(3_000);
  });
});

describe("readRefusal reads the interval in a message", () => {
  it.each([
    ["rate limit of 3000000 tokens per minute exceeded", 60_000],
    ["on tokens per min (TPM): Limit 1000000, Used 999999", 60_000],
    ["reduced rate limits of 3 RPM and 10K TPM", 60_000],
    ["limited to 100 API calls / minute", 60_000],
    ["10 requests/second", 1_000],
    ["3 per sec", 1_000],
    ["5000 per hour", 3_600_000],
    ["200 RPD", 86_400_000],
    ["EmbedContentRequestsPerDayPerUserPerProjectPerModel-FreeTier", 86_400_000],
    ["20 per second and 1000 per minute", 1_000],
    ["requests_per_minute", 60_000],
    ["per request, per model, per minutes_of_audio", undefined],
    ["a paper day, and a super second", undefined],
    ["see https://a.example/limits/day", undefined],
    ["online_prediction_requests_per_base_model", undefined],
    ["too many requests", undefined],
  ])("%j", (message, interval) => {
    expect(read(429, message).limitInterval).toBe(interval);
  });
});

it.each([
  [400, false],
  [408, true],
  [409, true],
  [424, true],
  [429, true],
  [500, true],
])("a request that failed with status %i may succeed later: %s", (status, isTransient) => {
  expect(isTransientStatus(status)).toBe(isTransient);
});
