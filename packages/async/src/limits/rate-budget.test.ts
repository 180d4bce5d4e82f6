import { describe, expect, it } from "vitest";
import { RateBudget } from "./rate-budget.ts";

/** The number of times at which something expires, until everything has. */
function expiries(budget: RateBudget, limit: number, start: number): number {
  let count = 0;
  for (let now = start; ; count++) {
    const at = budget.startsAt(limit, now);
    if (at <= now) return count;
    now = at;
  }
}

describe("RateBudget", () => {
  const limit = 100_000;
  const budget = (): RateBudget => new RateBudget("requests", { limit, interval: 60_000 });

  // A window is cut into 200 parts, and one more may have begun.
  it("stores at most 201 sums, however many requests start", () => {
    const requests = budget();
    for (let now = 0; now < 60_000; now++) requests.charge(1, now);
    expect(requests.stateAt(60_000 - 1).free).toBe(limit - 60_000);
    expect(expiries(requests, limit, 60_000 - 1)).toBeLessThanOrEqual(201);
  });

  it.each([undefined, 50, 600_000])(
    "keeps at most 201 sums for others, however often a service reports; reset %s",
    (reset) => {
      const requests = budget();
      let now = 0;
      let wrong = 0;
      for (let used = 1; used <= 60_000; used++, now += 10) {
        requests.observe({ remaining: limit - used, reset }, undefined, now);
        if (requests.stateAt(now).free !== limit - used) wrong++;
      }
      expect(wrong).toBe(0);
      const count = expiries(requests, limit, now - 10);
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThanOrEqual(201);
    },
  );
});
