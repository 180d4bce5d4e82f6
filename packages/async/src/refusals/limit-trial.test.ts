import { describe, expect, it } from "vitest";
import { LimitTrial } from "./limit-trial.ts";

describe("a trial of a limit", () => {
  it("sends one request beyond it, and one more at once with each that gets a response", () => {
    const trial = new LimitTrial(100, 1_000);
    /** Starts as many as may start. */
    const start = (): number => {
      let count = 0;
      for (; trial.startsAt <= 0; count++) trial.started(0);
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

  it("waits after a refusal for its end, and then for a tenth of the window", () => {
    const trial = new LimitTrial(10, 10_000);
    trial.started(0);
    trial.refused();
    trial.ended(false);
    expect([trial.startsAt, trial.isRefused]).toEqual([Infinity, true]);
    expect(trial.refusalsEnded(500)).toBe(false);
    expect([trial.startsAt, trial.isRefused]).toEqual([1_500, false]);
  });

  it("proves the limit by refusals in two windows", () => {
    const trial = new LimitTrial(10, 10_000);
    const refusedUntil = (now: number): boolean => {
      trial.started(now - 100);
      trial.refused();
      trial.ended(false);
      return trial.refusalsEnded(now);
    };
    expect([refusedUntil(1_000), refusedUntil(5_000), refusedUntil(9_900)]).toEqual([false, false, false]);
    expect(trial.refusalsEnded(12_000)).toBe(false);
    expect(refusedUntil(12_100)).toBe(true);
  });
});
