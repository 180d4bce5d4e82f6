import { afterEach, describe, expect, it, vi } from "vitest";
import { Wake } from "./wake.ts";

describe("Wake", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("sleeps until it is woken, its time is over, or it is aborted", async () => {
    vi.useFakeTimers();
    const wake = new Wake();
    const controller = new AbortController();
    const ended: string[] = [];
    void wake.sleep(1_000).then(() => ended.push("woken"));
    wake.wake();
    void wake.sleep(10).then(() => ended.push("slept"));
    void wake.sleep(1_000, controller.signal).then(() => ended.push("aborted"));
    await vi.advanceTimersByTimeAsync(10);
    expect(ended).toEqual(["woken", "slept"]);
    controller.abort();
    await wake.sleep(1_000, controller.signal);
    expect(ended).toEqual(["woken", "slept", "aborted"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not sleep if it was woken since the caller last looked", async () => {
    vi.useFakeTimers();
    const wake = new Wake();
    const { count } = wake;
    wake.wake();
    await wake.sleep(1_000, undefined, count);
    let ended = false;
    void wake.sleep(1_000, undefined, wake.count).then(() => (ended = true));
    await vi.advanceTimersByTimeAsync(999);
    expect(ended).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toBe(true);
  });

  it("sleeps as long as a timer supports", async () => {
    vi.useFakeTimers();
    let ended = false;
    void new Wake().sleep(Number.POSITIVE_INFINITY).then(() => (ended = true));
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(ended).toBe(false);
  });
});
