import { describe, expect, it } from "vitest";
import { RequestTimes, type TimeLimits } from "./request-times.ts";

const none = { requests: undefined, tokens: undefined, inputs: undefined, learned: [] };
const perSecond = (limit: number) => ({ limit, interval: 1_000, free: limit });

function duration(
  limits: Partial<TimeLimits>,
  requests: number,
  charges: { tokens: number; inputs: number } = { tokens: 10, inputs: 1 },
): number {
  const times = new RequestTimes({ workers: 4, latency: 100, rates: none, ...limits });
  for (let request = 0; request < requests; request++) times.add(charges);
  return times.duration;
}

describe("the times of requests", () => {
  it.each([
    ["none", 0, 0],
    ["as many as there are workers", 4, 100],
    ["one more", 5, 200],
    ["twenty: five for each of four workers", 20, 500],
  ])("are those of %s", (_which, requests, expected) => {
    expect(duration({}, requests)).toBe(expected);
  });

  it.each([
    // The second ten wait for the window of the first; the last of them starts at 1,000 + 2 × 100.
    ["10 requests a second", { ...none, requests: perSecond(10) }, 20, 1_300],
    // 5 requests of 10 tokens fit: 20 of them start in 4 windows, the last of each at 100.
    ["50 tokens a second", { ...none, tokens: perSecond(50) }, 20, 3_200],
    ["5 texts a second", { ...none, inputs: perSecond(5) }, 20, 3_200],
    ["the narrower of two", { ...none, requests: perSecond(10), tokens: perSecond(50) }, 20, 3_200],
    [
      "what was learned from refusals: 10 requests a second",
      { ...none, learned: [{ interval: 1_000, requests: 10, tokens: undefined }] },
      20,
      1_300,
    ],
    [
      "the narrower of what was declared and what was learned, of requests and tokens",
      { ...none, requests: perSecond(10), learned: [{ interval: 1_000, requests: 8, tokens: 50 }] },
      20,
      3_200,
    ],
  ])("keep to %s", (_limit, rates, requests, expected) => {
    expect(duration({ rates }, requests)).toBe(expected);
  });

  it("give a request that needs more than a limit all of it", () => {
    const rates = { ...none, tokens: perSecond(50) };
    expect(duration({ rates }, 3, { tokens: 80, inputs: 1 })).toBe(2_100);
  });

  it("are exact without latency, and for very many requests", () => {
    // 100 start at once in each second.
    expect(duration({ latency: 0, rates: { ...none, requests: perSecond(100) } }, 1_000_000)).toBe(9_999_000);
    expect(duration({ latency: 7, workers: 1 }, 1_000_000)).toBe(7_000_000);
  });
});
