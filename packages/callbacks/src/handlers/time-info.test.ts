import { expect, it } from "vitest";
import { timeInfo } from "./time-info.ts";

it("computes percentiles of 100 durations by the nearest rank", () => {
  const durations = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(timeInfo(durations, 3)).toEqual({
    count: 100,
    total: 5050,
    average: 50.5,
    min: 1,
    max: 100,
    p50: 50,
    p95: 95,
    p99: 99,
    errors: 3,
  });
});
