import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { timerDelay } from "./timer-delay.ts";
import { wait } from "./wait.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const left = (signal: AbortSignal): number[] => [
  vi.getTimerCount(),
  getEventListeners(signal, "abort").length,
];

describe("wait", () => {
  it("ends after its time, and leaves no timer and no listener", async () => {
    const { signal } = new AbortController();
    const ended = vi.fn();
    const waiting = wait(500, signal).then(ended);
    await vi.advanceTimersByTimeAsync(499);
    expect([ended.mock.calls.length, ...left(signal)]).toEqual([0, 1, 1]);
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
    expect(left(signal)).toEqual([0, 0]);
  });

  it("ends at once with the reason of an abort, and leaves no timer and no listener", async () => {
    const controller = new AbortController();
    const waiting = wait(500, controller.signal);
    controller.abort("enough");
    await expect(waiting).rejects.toBe("enough");
    expect(left(controller.signal)).toEqual([0, 0]);
  });

  it("does not begin with a signal that is aborted already", async () => {
    const signal = AbortSignal.abort("before");
    await expect(wait(500, signal)).rejects.toBe("before");
    expect(left(signal)).toEqual([0, 0]);
  });

  it("does not end at once if no timer supports the time", async () => {
    const controller = new AbortController();
    const waiting = wait(Number.POSITIVE_INFINITY, controller.signal);
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect(left(controller.signal)).toEqual([1, 1]);
    controller.abort("enough");
    await expect(waiting).rejects.toBe("enough");
  });
});

describe("timerDelay", () => {
  it.each([
    [0, 0],
    [500, 500],
    [2 ** 31 - 1, 2 ** 31 - 1],
    [2 ** 31, 2 ** 31 - 1],
    [Number.POSITIVE_INFINITY, 2 ** 31 - 1],
  ])("of %s ms is %s ms", (milliseconds, delay) => {
    expect(timerDelay(milliseconds)).toBe(delay);
  });
});
