import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { PlainProgress } from "./plain-progress.ts";

let text = "";

beforeEach(() => {
  text = "";
  vi.useFakeTimers();
  vi.spyOn(process.stderr, "write").mockImplementation((part) => {
    text += String(part);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

it("writes occasional lines, and one at the end", () => {
  const progress = new PlainProgress();
  progress.start(40, "reading");
  for (let n = 0; n < 40; n++) {
    vi.advanceTimersByTime(300);
    progress.advance(1);
  }
  progress.stop();
  expect(text).toBe(
    "reading: 40 %, 16/40, 3.2/s, 8s left\n" +
      "reading: 82 %, 33/40, 3.3/s, 3s left\n" +
      "reading: 100 %, 40/40, 3.3/s, in 12s\n",
  );
});

it("shows no total if it is unknown", () => {
  const progress = new PlainProgress();
  progress.start(undefined);
  progress.advance(12);
  vi.advanceTimersByTime(6000);
  progress.stop();
  expect(text).toBe("jobs: 12, 2.4/s, 5s so far\njobs: 12, 2.0/s, in 6s\n");
});

it("reports at once that a service refuses, and again when it has refused the next probe", () => {
  const progress = new PlainProgress();
  progress.start(100, "reading");
  progress.advance(3);
  vi.advanceTimersByTime(2_000);
  progress.pause(12_000);
  vi.advanceTimersByTime(12_000);
  progress.pause(20_000);
  progress.pause(undefined);
  vi.advanceTimersByTime(6_000);
  progress.stop();
  expect(text).toBe(
    "reading: 3 %, 3/100, paused by the service, next try in 12 s\n" +
      "reading: 3 %, 3/100, paused by the service, next try in 20 s\n" +
      "reading: 3 %, 3/100, 9.0/min, stopped after 20s\n",
  );
});

it("says how many have failed", () => {
  const progress = new PlainProgress();
  progress.start(40, "rows");
  progress.advance(20, 2);
  vi.advanceTimersByTime(5000);
  progress.advance(20, 1);
  vi.advanceTimersByTime(3000);
  progress.stop();
  expect(text).toBe("rows: 50 %, 20/40, 2 failed, 4.0/s, 5s left\nrows: 37 ok, 3 failed, 5.0/s, in 8s\n");
});

it("says where it was stopped", () => {
  const progress = new PlainProgress();
  progress.start(100, "reading");
  progress.advance(3);
  vi.advanceTimersByTime(2000);
  progress.stop();
  expect(text).toBe("reading: 3 %, 3/100, 1.5/s, stopped after 2s\n");
});

it("is silent while nothing changes, and reports the next change at once", () => {
  const progress = new PlainProgress();
  progress.start(10, "slow");
  vi.advanceTimersByTime(31_000);
  expect(text).toBe("");
  progress.advance(1);
  expect(text).toBe("slow: 10 %, 1/10, 1.9/min, 4m 39s left\n");
  progress.advance(1);
  vi.advanceTimersByTime(4999);
  expect(text.match(/\n/g)).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(text.match(/\n/g)).toHaveLength(2);
  vi.advanceTimersByTime(60_000);
  expect(text.match(/\n/g)).toHaveLength(2);
});

it("writes at most one line in five seconds, whatever happens", () => {
  const progress = new PlainProgress();
  progress.start(10_000, "many");
  const writtenAt: number[] = [];
  for (let n = 0; n < 10_000; n++) {
    const before = text;
    vi.advanceTimersByTime(7);
    progress.advance(1);
    if (text !== before) writtenAt.push(7 * (n + 1));
  }
  const silences = writtenAt.map((at, index) => at - (writtenAt[index - 1] ?? 0));
  // The interval counts from within a step of 7 ms. All steps take 70 s: one line per 5 s.
  expect(Math.min(...silences)).toBeGreaterThanOrEqual(5000 - 7);
  expect(writtenAt).toHaveLength(14);
});

it("is written even if jobs leave no time for timers", () => {
  let now = 1000;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const progress = new PlainProgress();
  progress.start(30, "busy");
  for (let n = 0; n < 30; n++) {
    now += 500;
    progress.advance(1);
  }
  expect(text.match(/\d+\/30/g)).toEqual(["10/30", "20/30", "30/30"]);
});

it("leaves no timer", () => {
  const progress = new PlainProgress();
  progress.start(1, "x");
  expect(vi.getTimerCount()).toBe(1);
  progress.stop();
  progress.stop();
  progress.advance(1);
  expect(vi.getTimerCount()).toBe(0);
  expect(text.match(/\n/g)).toHaveLength(1);
});
