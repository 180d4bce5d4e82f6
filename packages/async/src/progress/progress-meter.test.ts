import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ProgressMeter } from "./progress-meter.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("the progress meter", () => {
  it("shows a share, a rate and the time left", () => {
    const meter = new ProgressMeter(100, "reading");
    expect(meter.facts()).toEqual({
      share: 0,
      percent: "0 %",
      count: "0/100",
      rate: "",
      wait: "",
      shortWait: "",
      time: "0ms so far",
      isStopped: false,
    });
    vi.advanceTimersByTime(3000);
    expect(meter.facts().time).toBe("3s so far");
    vi.advanceTimersByTime(7000);
    meter.add(29);
    meter.add(11);
    expect(meter.facts()).toEqual({
      share: 0.4,
      percent: "40 %",
      wait: "",
      shortWait: "",
      count: "40/100",
      rate: "4.0/s",
      time: "15s left",
      isStopped: false,
    });
  });

  it("drops a total that was too low", () => {
    const meter = new ProgressMeter(1, "reading");
    meter.add(1);
    expect(meter.facts()).toMatchObject({ share: 1, percent: "100 %", count: "1/1" });
    meter.add(2, 1);
    expect(meter.facts()).toMatchObject({ share: undefined, percent: "", count: "3, 1 failed" });
    meter.end();
    expect(meter.facts()).toMatchObject({ count: "2 ok, 1 failed", time: "in 0ms" });
  });

  it("takes the rate from the steps that took work", () => {
    const meter = new ProgressMeter(50_100, "texts");
    meter.add(50_000, 0, 50_000);
    vi.advanceTimersByTime(5_000);
    expect(meter.facts()).toMatchObject({ count: "50,000/50,100", rate: "", time: "5s so far" });
    meter.add(20, 0, 0);
    vi.advanceTimersByTime(5_000);
    expect(meter.facts()).toMatchObject({ count: "50,020/50,100", rate: "2.0/s", time: "40s left" });
    vi.advanceTimersByTime(15_000);
    meter.add(80);
    meter.end();
    expect(meter.facts()).toMatchObject({ count: "50,100/50,100", rate: "4.0/s", time: "in 25s" });
  });

  it("shows a count and a rate if the total is unknown", () => {
    const meter = new ProgressMeter(undefined, undefined);
    expect(meter.facts()).toMatchObject({ share: undefined, percent: "", count: "0" });
    meter.add(30);
    vi.advanceTimersByTime(20_000);
    expect(meter.facts()).toMatchObject({ percent: "", count: "30", rate: "1.5/s", time: "20s so far" });
    meter.end();
    expect(meter.facts()).toMatchObject({ percent: "", count: "30", rate: "1.5/s", time: "in 20s" });
  });

  it("shows no share of a total of 0", () => {
    const meter = new ProgressMeter(0, "none");
    meter.end();
    expect(meter.facts()).toEqual({
      share: undefined,
      percent: "",
      count: "0",
      rate: "",
      wait: "",
      shortWait: "",
      time: "in 0ms",
      isStopped: false,
    });
  });

  it.each([
    [29, 100, "29 %"],
    [99, 100, "99 %"],
    [100, 100, "100 %"],
  ])("%i of %i are %s", (done, total, percent) => {
    const meter = new ProgressMeter(total, "x");
    meter.add(done);
    expect(meter.facts()).toMatchObject({ percent, count: `${done}/${total}` });
  });

  it("separates thousands", () => {
    const meter = new ProgressMeter(1_234_567, "x");
    meter.add(99_999);
    expect(meter.facts().count).toBe("99,999/1,234,567");
    expect(meter.countWidth).toBe("1,234,567/1,234,567".length);
  });

  it("shows failures: at the end instead of the percentage, as not all that was done succeeded", () => {
    const meter = new ProgressMeter(2000, "x");
    meter.add(1500, 15);
    expect(meter.facts()).toMatchObject({ percent: "75 %", count: "1,500/2,000, 15 failed" });
    meter.add(500, 5);
    meter.end();
    expect(meter.facts()).toMatchObject({ share: 1, percent: "", count: "1,980 ok, 20 failed" });
  });

  it("shows failures if the call was stopped, and if the total is unknown", () => {
    const [stopped, unknown] = [new ProgressMeter(2000, "x"), new ProgressMeter(undefined, "x")];
    for (const meter of [stopped, unknown]) meter.add(1500, 15);
    expect(unknown.facts().count).toBe("1,500, 15 failed");
    for (const meter of [stopped, unknown]) meter.end();
    expect(stopped.facts()).toMatchObject({
      share: 0.75,
      percent: "",
      count: "1,485 ok, 15 failed of 2,000",
    });
    expect(unknown.facts().count).toBe("1,485 ok, 15 failed");
  });

  it("shows the total time at the end, which no longer changes", () => {
    const [all, some] = [new ProgressMeter(10, "all"), new ProgressMeter(10, "some")];
    vi.advanceTimersByTime(4000);
    all.add(10);
    expect(all.facts()).toMatchObject({ percent: "100 %", time: "finishing" });
    some.add(6);
    for (const meter of [all, some]) meter.end();
    vi.advanceTimersByTime(4000);
    some.end();
    expect(all.facts()).toMatchObject({ percent: "100 %", rate: "2.5/s", time: "in 4s" });
    expect(some.facts()).toMatchObject({
      percent: "60 %",
      rate: "1.5/s",
      time: "stopped after 4s",
      isStopped: true,
    });
  });

  it.each([
    [undefined, 7],
    [7, 7],
  ])(
    "says at the end that the call was stopped: total %s, done %i, of which one has failed",
    (total, done) => {
      const meter = new ProgressMeter(total, "x");
      vi.advanceTimersByTime(4000);
      meter.add(done, 1);
      meter.stopping(5000);
      meter.pause(undefined);
      meter.end();
      expect(meter.facts()).toMatchObject({ wait: "", time: "stopped after 4s" });
    },
  );

  it("uses the recent rate, not the average", () => {
    const meter = new ProgressMeter(2000, "with a cache");
    vi.advanceTimersByTime(1000);
    meter.add(1000);
    expect(meter.facts().time).toBe("1s left");
    for (let second = 0; second < 60; second++) {
      vi.advanceTimersByTime(1000);
      meter.add(10);
      meter.facts();
    }
    expect(meter.facts()).toMatchObject({ count: "1,600/2,000", rate: "10/s", time: "40s left" });
  });

  it("is correct if steps are slower than its window", () => {
    const meter = new ProgressMeter(100, "slow");
    for (let step = 0; step < 25; step++) {
      vi.advanceTimersByTime(30_000);
      meter.add(1);
      meter.facts();
    }
    expect(meter.facts()).toMatchObject({ count: "25/100", rate: "2.0/min", time: "37m 30s left" });
    for (let pause = 0; pause < 2; pause++) {
      vi.advanceTimersByTime(10_000);
      meter.facts();
    }
    // 15 steps in 470 s: those since the tenth, as ten of them are a window.
    expect(meter.facts()).toMatchObject({ count: "25/100", rate: "1.9/min", time: "39m 10s left" });
  });

  it("shows its name on one line", () => {
    expect(new ProgressMeter(1, "two\r\nlines\u001B[31m\t").desc).toBe("two lines [31m");
    expect(new ProgressMeter(1, " ").desc).toBe("jobs");
  });
});

describe("looks at the clock", () => {
  it("are few for a million fast steps", () => {
    const meter = new ProgressMeter(1_000_000, "fast");
    const now = vi.spyOn(performance, "now");
    for (let step = 0; step < 1_000_000; step++) if (meter.add(1)) meter.look();
    expect(meter.done).toBe(1_000_000);
    // A look every 1,024 calls is 977 looks, and a dozen more until the interval has doubled to that.
    expect(now.mock.calls.length).toBeLessThan(1000);
  });

  it("are not put off for ever by steps that were fast", () => {
    const meter = new ProgressMeter(undefined, "fast, then slow");
    for (let step = 0; step < 100_000; step++) if (meter.add(1)) meter.look();
    let steps = 1;
    while (!meter.add(1)) steps++;
    // The most calls between two looks.
    expect(steps).toBeLessThanOrEqual(1024);
  });

  it("come with each slow step", () => {
    const meter = new ProgressMeter(10, "slow");
    let looks = 0;
    for (let step = 0; step < 10; step++) {
      vi.advanceTimersByTime(100);
      if (!meter.add(1)) continue;
      meter.look();
      looks++;
    }
    expect(looks).toBe(10);
  });
});
