import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TimeLimit } from "./time-limit.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** The clock goes on while no timer runs. */
function block(milliseconds: number): void {
  const before = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => before() + milliseconds);
}

describe("TimeLimit", () => {
  it("calls back at its time, once", () => {
    const over = vi.fn();
    void new TimeLimit(1_000, over);
    vi.advanceTimersByTime(999);
    expect(over).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(over).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(10_000);
    expect([over.mock.calls.length, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it("waits 250 ms longer, once, after the thread was blocked", () => {
    const over = vi.fn();
    void new TimeLimit(1_000, over);
    block(5_000);
    vi.advanceTimersByTime(1_249);
    expect(over).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(over).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits five times as long as a short block", () => {
    const over = vi.fn();
    void new TimeLimit(1_000, over);
    block(20);
    vi.advanceTimersByTime(1_099);
    expect(over).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(over).toHaveBeenCalledTimes(1);
  });

  it("is not put off by a timer that is hardly late", () => {
    const over = vi.fn();
    void new TimeLimit(1_000, over);
    block(9);
    vi.advanceTimersByTime(1_000);
    expect(over).toHaveBeenCalledTimes(1);
  });

  it.each([0, 1_050])("leaves no timer when it is cleared after %d ms", (at) => {
    const over = vi.fn();
    const limit = new TimeLimit(1_000, over);
    block(5_000);
    vi.advanceTimersByTime(at);
    limit.clear();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(10_000);
    expect(over).not.toHaveBeenCalled();
  });
});
