import { describe, it } from "vitest";
import { RateLimiter } from "../index.ts";
import { MemoryRateStore, SharedRateLimiter } from "../shared.ts";
import { limiterConformance, type LimiterConformanceSubject } from "../testing.ts";

const subjects: readonly LimiterConformanceSubject[] = [
  {
    name: "RateLimiter",
    isShared: false,
    open: () => ({ limiter: (limits) => new RateLimiter(limits), close: () => {} }),
  },
  {
    name: "SharedRateLimiter in memory",
    isShared: true,
    open: () => {
      const store = new MemoryRateStore();
      return { limiter: (limits) => new SharedRateLimiter(limits, store), close: () => {} };
    },
  },
];

describe.each(subjects)("$name meets the contract of rate limiters", (subject) => {
  // oxlint-disable-next-line vitest/expect-expect -- the suite asserts
  it.concurrent.for(limiterConformance(subject))("$name", ({ run }) => run());
});
