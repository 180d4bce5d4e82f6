import { describe, expect, it } from "vitest";
import { LimitTrial } from "./limit-trial.ts";

describe("a trial of a limit", () => {
  it("sends one request beyond it, and one more at once with each that gets a response", () => {
    const trial = new LimitTrial(100, 1_000);
    /** Starts as many as may start. */
    const start = (): number => {
      let count = 0;
      for (; trial.mayStart; count++) trial.started(0);
      return count;
    };
    expect(start()).toBe(1);
    trial.ended(true);
    expect(start()).toBe(2);
    trial.ended(true);
    trial.ended(false);
    expect(start()).toBe(3);
  });

  it.each([
    [2, 3],
    [30, 3],
    [31, 4],
    [500, 50],
  ])("of %d requests is over after %d responses", (requests, needed) => {
    const trial = new LimitTrial(requests, 1_000);
    for (let accepted = 1; accepted <= needed; accepted++) {
      trial.started(0);
      expect(trial.ended(true)).toBe(accepted === needed);
    }
  });

  it("counts only responses within one window", () => {
    const trial = new LimitTrial(10, 1_000);
    for (let at = 0; at < 10_000; at += 500) {
      trial.started(at);
      expect(trial.ended(true)).toBe(false);
    }
  });
});
