import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type RateAcquireOptions, type RateLease, RateLimiter } from "../index.ts";
import { MemoryRateStore, SharedRateLimiter } from "../shared.ts";

/** When each of these starts, in milliseconds; in the order in which they do. */
function watchStarts(limiter: RateLimiter, all: readonly RateAcquireOptions[]): [string, number][] {
  const starts: [string, number][] = [];
  for (const [index, options] of all.entries()) {
    const name = String.fromCodePoint(97 + index);
    void limiter.acquire(options).then(() => starts.push([name, performance.now()]));
  }
  return starts;
}

const requests = { limit: 2, interval: 1000 };
const tokens = { limit: 100, interval: 1000 };
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));
afterEach(() => void vi.useRealTimers());

describe("RateLimiter", () => {
  it("starts as many requests as fit into the window, and the others when there is room again", async () => {
    const limiter = new RateLimiter({ requests });
    const starts = watchStarts(limiter, times(5, {}));
    await vi.advanceTimersByTimeAsync(0);
    expect([starts.length, limiter.waiting]).toEqual([2, 3]);
    await vi.advanceTimersByTimeAsync(999);
    expect(starts).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(starts).toHaveLength(4);
    await vi.runAllTimersAsync();
    expect(starts).toEqual([
      ["a", 0],
      ["b", 0],
      ["c", 1000],
      ["d", 1000],
      ["e", 2000],
    ]);
    expect([limiter.waiting, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it("is a sliding window: no burst of twice the limit at a window boundary", async () => {
    const limiter = new RateLimiter({ requests });
    await vi.advanceTimersByTimeAsync(900);
    await limiter.acquire();
    await vi.advanceTimersByTimeAsync(50);
    await limiter.acquire();
    const starts = watchStarts(limiter, times(2, {}));
    await vi.runAllTimersAsync();
    expect(starts).toEqual([
      ["a", 1900],
      ["b", 1950],
    ]);
  });

  it("enforces both budgets, each with its own interval", async () => {
    const limiter = new RateLimiter({ requests, tokens: { limit: 100, interval: 3000 } });
    const starts = watchStarts(limiter, [{ tokens: 10 }, { tokens: 80 }, { tokens: 10 }, { tokens: 10 }]);
    await vi.runAllTimersAsync();
    expect(starts).toEqual([
      ["a", 0],
      ["b", 0],
      ["c", 1000],
      ["d", 3000],
    ]);
  });

  it("counts a request as one input, or as many as it has", async () => {
    const limiter = new RateLimiter({ inputs: { limit: 10, interval: 1000 } });
    const starts = watchStarts(limiter, [{ inputs: 6 }, {}, { inputs: 4 }, { inputs: 0 }]);
    await vi.advanceTimersByTimeAsync(0);
    expect(limiter.state).toMatchObject({ waiting: 2, inputs: { limit: 10, interval: 1000, free: 3 } });
    expect([limiter.state.requests, limiter.state.tokens]).toEqual([undefined, undefined]);
    await vi.runAllTimersAsync();
    expect(starts).toEqual([
      ["a", 0],
      ["b", 0],
      ["c", 1000],
      ["d", 1000],
    ]);
    limiter.tryAcquire({ inputs: 5 })!.cancel();
    expect(limiter.tryAcquire({ inputs: 7 })).toBeUndefined();
    expect(limiter.tryAcquire({ inputs: 6 })).toBeDefined();
    await expect(limiter.acquire({ inputs: 11 })).rejects.toThrow(
      new RangeError("inputs: 11 is more than the limit of 10 in 1000 ms; it could never start"),
    );
    expect(() => limiter.tryAcquire({ inputs: -1 })).toThrow("inputs must be a whole number from 0, not -1");
  });

  it("lets no request overtake one that needs many tokens", async () => {
    const limiter = new RateLimiter({ tokens });
    await limiter.acquire({ tokens: 60 });
    const starts = watchStarts(limiter, [{ tokens: 50 }, { tokens: 1 }]);
    await vi.advanceTimersByTimeAsync(10);
    expect(starts).toEqual([]);
    expect(limiter.tryAcquire({ tokens: 1 })).toBeUndefined();
    await vi.runAllTimersAsync();
    expect(starts.map(([name]) => name)).toEqual(["a", "b"]);
  });

  it("groups requests that start close together, for at most 0.5 % longer than the interval", async () => {
    const limiter = new RateLimiter({ requests: { limit: 3, interval: 2000 } });
    for (const at of [0, 9, 10]) {
      await vi.advanceTimersByTimeAsync(at - performance.now());
      await limiter.acquire();
    }
    const starts = watchStarts(limiter, times(3, {}));
    await vi.runAllTimersAsync();
    expect(starts.map(([, at]) => at)).toEqual([2009, 2009, 2010]);
  });

  it("tryAcquire takes what is free, or nothing, without waiting", async () => {
    const limiter = new RateLimiter({ requests, tokens });
    expect(limiter.tryAcquire({ tokens: 101 - 40 })).toBeDefined();
    expect(limiter.tryAcquire({ tokens: 40 })).toBeUndefined();
    expect(limiter.tryAcquire({ tokens: 39 })).toBeDefined();
    expect(limiter.tryAcquire()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1000);
    expect(limiter.tryAcquire({ tokens: 100 })).toBeDefined();
  });

  it("keeps one timer while a request waits, and none otherwise", async () => {
    const limiter = new RateLimiter({ requests, tokens });
    for (const lease of [limiter.tryAcquire(), limiter.tryAcquire()]) lease!.settle(200);
    expect(vi.getTimerCount()).toBe(0);
    limiter.pauseUntil(Date.now() + 5000);
    expect(vi.getTimerCount()).toBe(0);
    const controller = new AbortController();
    const waits = times(3, 0).map(() => limiter.acquire({ signal: controller.signal }));
    limiter.pauseUntil(Date.now() + 6000);
    expect(vi.getTimerCount()).toBe(1);
    controller.abort();
    await Promise.allSettled(waits);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("an abort", () => {
  it("ends the wait at once with the signal's reason, and leaves no listener", async () => {
    const limiter = new RateLimiter({ requests });
    const controller = new AbortController();
    const { signal } = controller;
    await limiter.acquire({ signal });
    await limiter.acquire({ signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
    const waits = times(100, 0).map(() => limiter.acquire({ signal }));
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    const reason = new Error("enough");
    controller.abort(reason);
    const outcomes = await Promise.allSettled(waits);
    expect(new Set(outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason))).toEqual(
      new Set([reason]),
    );
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect([limiter.waiting, vi.getTimerCount()]).toEqual([0, 0]);
    await expect(limiter.acquire({ signal })).rejects.toBe(reason);
  });

  it("starts the requests that waited behind one that needed many tokens", async () => {
    const limiter = new RateLimiter({ tokens });
    await limiter.acquire({ tokens: 60 });
    const controller = new AbortController();
    const heavy = limiter.acquire({ tokens: 50, signal: controller.signal });
    const light = limiter.acquire({ tokens: 40 });
    controller.abort(new Error("enough"));
    await expect(heavy).rejects.toThrow("enough");
    await light;
    expect(performance.now()).toBe(0);
  });

  it("may start the next request earlier than the aborted one could have", async () => {
    const limiter = new RateLimiter({ requests, tokens: { limit: 100, interval: 3000 } });
    await limiter.acquire({ tokens: 60 });
    await limiter.acquire();
    const controller = new AbortController();
    const heavy = limiter.acquire({ tokens: 50, signal: controller.signal });
    const starts = watchStarts(limiter, [{ tokens: 10 }, { tokens: 40 }]);
    await vi.advanceTimersByTimeAsync(500);
    controller.abort(new Error("enough"));
    await expect(heavy).rejects.toThrow("enough");
    expect(vi.getTimerCount()).toBe(1);
    await vi.runAllTimersAsync();
    expect(starts).toEqual([
      ["a", 1000],
      ["b", 3000],
    ]);
  });

  it("leaves no listener after the wait has ended with a start, or by closing", async () => {
    const limiter = new RateLimiter({ requests });
    const { signal } = new AbortController();
    const waits = times(5, 0).map(() => limiter.acquire({ signal }));
    await vi.advanceTimersByTimeAsync(1000);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    limiter.close();
    await Promise.allSettled(waits);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("a lease", () => {
  it("settled for fewer tokens makes room at once", async () => {
    const limiter = new RateLimiter({ tokens });
    const lease = await limiter.acquire({ tokens: 90 });
    const starts = watchStarts(limiter, [{ tokens: 50 }, { tokens: 20 }]);
    await vi.advanceTimersByTimeAsync(100);
    lease.settle(40);
    await vi.advanceTimersByTimeAsync(0);
    expect(starts).toEqual([["a", 100]]);
    await vi.runAllTimersAsync();
    expect(starts.at(-1)).toEqual(["b", 1000]);
  });

  it("settled for more is charged as of its start, and no request starts while the limit is exceeded", async () => {
    const limiter = new RateLimiter({ tokens });
    const early = await limiter.acquire({ tokens: 10 });
    await vi.advanceTimersByTimeAsync(300);
    await limiter.acquire({ tokens: 10 });
    early.settle(150);
    expect(limiter.state.tokens?.free).toBe(-60);
    expect(limiter.tryAcquire({ tokens: 0 })).toBeUndefined();
    const starts = watchStarts(limiter, [{ tokens: 0 }, { tokens: 90 }, { tokens: 1 }]);
    await vi.runAllTimersAsync();
    expect(starts).toEqual([
      ["a", 1000],
      ["b", 1000],
      ["c", 1300],
    ]);
  });

  it("settled after its window has no effect", async () => {
    const limiter = new RateLimiter({ tokens });
    const lease = await limiter.acquire({ tokens: 50 });
    const other = await limiter.acquire({ tokens: 50 });
    await vi.advanceTimersByTimeAsync(1000);
    lease.settle(5000);
    expect(limiter.state.tokens?.free).toBe(100);
    await limiter.acquire({ tokens: 100 });
    other.cancel();
    expect(limiter.state.tokens?.free).toBe(0);
  });

  it("is settled once or cancelled, not both", async () => {
    const limiter = new RateLimiter({ requests, tokens });
    const free = (): (number | undefined)[] => [limiter.state.requests?.free, limiter.state.tokens?.free];
    const settled = await limiter.acquire({ tokens: 50 });
    settled.settle(30);
    settled.settle(10);
    settled.cancel();
    expect(free()).toEqual([1, 70]);
    const cancelled = await limiter.acquire({ tokens: 50 });
    expect(free()).toEqual([0, 20]);
    cancelled.cancel();
    cancelled.cancel();
    cancelled.settle(60);
    expect(free()).toEqual([1, 70]);
  });

  it("cancelled makes room for a waiting request", async () => {
    const limiter = new RateLimiter({ requests: { limit: 1, interval: 1000 } });
    const lease = await limiter.acquire();
    const waiting = limiter.acquire();
    await vi.advanceTimersByTimeAsync(400);
    lease.cancel();
    await waiting;
    expect(performance.now()).toBe(400);
    const starts = watchStarts(limiter, [{}]);
    await vi.runAllTimersAsync();
    expect(starts).toEqual([["a", 1400]]);
  });

  it("accepts tokens without a token budget", async () => {
    const limiter = new RateLimiter({ requests });
    const lease = await limiter.acquire({ tokens: 1_000_000 });
    lease.settle(2_000_000);
    expect(limiter.state).toEqual({
      waiting: 0,
      pausedFor: 0,
      refusedFor: 0,
      refused: 0,
      learned: [],
      requests: { limit: 2, interval: 1000, free: 1 },
      tokens: undefined,
    });
  });
});

describe("a pause", () => {
  it("holds back all requests, until the latest given time", async () => {
    const limiter = new RateLimiter({ requests });
    limiter.pauseUntil(Date.now() + 500);
    const starts = watchStarts(limiter, times(3, {}));
    expect(limiter.tryAcquire()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(100);
    limiter.pauseUntil(new Date(Date.now() + 600));
    limiter.pauseUntil(Date.now() + 300);
    limiter.pauseUntil(Date.now() - 1000);
    expect(limiter.state).toMatchObject({ waiting: 3, pausedFor: 600 });
    await vi.advanceTimersByTimeAsync(599);
    expect(starts).toEqual([]);
    await vi.runAllTimersAsync();
    expect(starts).toEqual([
      ["a", 700],
      ["b", 700],
      ["c", 1700],
    ]);
    expect(limiter.state.pausedFor).toBe(0);
  });

  it("has no duration", async () => {
    const limiter = new RateLimiter({ requests });
    expect(() => limiter.pause(...([500] as never[]))).toThrow(
      new TypeError("pause lasts until resume(); for a duration, call pauseUntil(Date.now() + milliseconds)"),
    );
    expect(limiter.tryAcquire()).toBeDefined();
  });

  it("may be longer than a timer supports", async () => {
    const limiter = new RateLimiter({ requests });
    const month = 30 * 24 * 3600 * 1000;
    limiter.pauseUntil(Date.now() + month);
    const starts = watchStarts(limiter, [{}]);
    await vi.advanceTimersByTimeAsync(month - 1);
    expect(starts).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(starts).toEqual([["a", month]]);
  });

  it("keeps its length when the system clock is changed", async () => {
    const limiter = new RateLimiter({ requests });
    limiter.pauseUntil(Date.now() + 500);
    vi.setSystemTime(Date.now() - 3_600_000);
    const starts = watchStarts(limiter, [{}]);
    await vi.runAllTimersAsync();
    expect(starts).toEqual([["a", 500]]);
  });

  it("can be ended by an abort", async () => {
    const limiter = new RateLimiter({ requests });
    limiter.pauseUntil(Date.now() + 500);
    const controller = new AbortController();
    const waiting = limiter.acquire({ signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("closing", () => {
  it("rejects present and future requests; started ones can be settled", async () => {
    const limiter = new RateLimiter({ requests });
    const leases: RateLease[] = [await limiter.acquire(), await limiter.acquire()];
    const waiting = [limiter.acquire(), limiter.acquire()];
    limiter.close();
    limiter.close(new Error("again"));
    for (const each of waiting) await expect(each).rejects.toThrow("the rate limiter is closed");
    await expect(limiter.acquire()).rejects.toThrow("the rate limiter is closed");
    for (const lease of leases) lease.cancel();
    expect(limiter.tryAcquire()).toBeUndefined();
    expect([limiter.waiting, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it("rejects with the given reason", async () => {
    const limiter = new RateLimiter({ requests });
    limiter.close(undefined);
    await expect(limiter.acquire()).rejects.toThrow("the rate limiter is closed");
    const other = new RateLimiter({ requests });
    other.close(null);
    await expect(other.acquire()).rejects.toBeNull();
  });
});

describe("invalid arguments", () => {
  it.each<[unknown, string]>([
    [undefined, "limits must be { requests, tokens, inputs }, not undefined"],
    [{}, "limits must have requests, tokens or inputs, not none of them"],
    [{ requests, request: requests }, "there is no option limits.request; did you mean limits.requests?"],
    [
      { requests: { limit: 4, interval: 1, per: 1 } },
      "there is no option requests.per; it is called interval",
    ],
    [
      { requests: 5 },
      "requests must be { limit, interval }, such as { limit: 5, interval: 60_000 } for 5 a minute, not number 5",
    ],
    [
      { requests, tokens: null },
      "tokens must be { limit, interval }, such as { limit: 500, interval: 60_000 } for 500 a minute, not null",
    ],
    [{ limit: 5, interval: 1 }, "there is no option limits.limit; pass { requests: { limit, interval } }"],
    [{ requests: { limit: "4", interval: 1 } }, 'requests.limit must be a number, not the string "4"'],
    [{ tokens: { limit: 1 } }, "tokens.interval must be a number of milliseconds, not undefined"],
  ])("%j make no limiter: TypeError", (limits, message) => {
    expect(() => new RateLimiter(limits as never)).toThrow(new TypeError(message));
  });

  it.each<[unknown, string]>([
    [{ limit: 0, interval: 1 }, "requests.limit must be a whole number from 1, not 0"],
    [{ limit: -1, interval: 1 }, "requests.limit must be a whole number from 1, not -1"],
    [{ limit: 1.5, interval: 1 }, "requests.limit must be a whole number from 1, not 1.5"],
    [{ limit: Number.NaN, interval: 1 }, "requests.limit must be a whole number from 1, not NaN"],
    [{ limit: 1, interval: 0 }, "requests.interval must be more than 0 milliseconds"],
    [{ limit: 1, interval: -1 }, "requests.interval must be 0 or more milliseconds, not -1"],
    [{ limit: 1, interval: Number.NaN }, "requests.interval must be 0 or more milliseconds, not NaN"],
    [
      { limit: 1, interval: Number.POSITIVE_INFINITY },
      "requests.interval must be finite, or nothing would ever start again",
    ],
  ])("%o is no budget: RangeError", (budget, message) => {
    expect(() => new RateLimiter({ requests: budget as never })).toThrow(new RangeError(message));
  });

  it("are refused by acquire, which charges nothing", async () => {
    const limiter = new RateLimiter({ requests, tokens });
    await expect(limiter.acquire({ tokens: 101 })).rejects.toThrow(
      new RangeError("tokens: 101 is more than the limit of 100 in 1000 ms; it could never start"),
    );
    await expect(limiter.acquire({ tokens: -1 })).rejects.toThrow(RangeError);
    await expect(limiter.acquire({ tokens: Number.NaN })).rejects.toThrow(RangeError);
    await expect(limiter.acquire({ tokens: "1" as never })).rejects.toThrow(TypeError);
    await expect(limiter.acquire({ signal: {} as never })).rejects.toThrow(
      new TypeError("signal must be an AbortSignal, not an object (Object)"),
    );
    expect(() => limiter.tryAcquire({ tokens: 101 })).toThrow(RangeError);
    expect(() => limiter.tryAcquire({ tokens: 0.5 })).toThrow(
      "tokens must be a whole number from 0, not 0.5",
    );
    expect(limiter.state).toMatchObject({ waiting: 0, requests: { free: 2 }, tokens: { free: 100 } });
  });

  it("are missing where nothing else is limited: TypeError, as the request would not be limited", async () => {
    const message =
      "tokens are missing, and this limiter limits nothing else, so the request would not be limited; pass { tokens }, or " +
      "limit requests: { limit, interval }";
    const shared = new SharedRateLimiter({ tokens }, new MemoryRateStore());
    for (const limiter of [new RateLimiter({ tokens }), shared]) {
      // oxlint-disable-next-line no-await-in-loop -- one limiter after the other
      await expect(limiter.acquire()).rejects.toThrow(new TypeError(message));
      expect(() => limiter.tryAcquire({ inputs: 2 })).toThrow(new TypeError(message));
      limiter.tryAcquire({ tokens: 0 });
    }
    await shared.aclose();
    for (const other of [{ requests }, { inputs: requests }]) {
      expect(new RateLimiter({ tokens, ...other }).tryAcquire()).toBeDefined();
    }
  });

  it("are refused by settle, after which the lease can still be settled", async () => {
    const limiter = new RateLimiter({ tokens });
    const lease = await limiter.acquire({ tokens: 50 });
    expect(() => lease.settle(Number.NaN)).toThrow(
      "the tokens passed to settle must be a whole number from 0, not NaN",
    );
    expect(() => lease.settle("5" as never)).toThrow(TypeError);
    lease.settle(0);
    expect(limiter.state.tokens?.free).toBe(100);
  });

  it("are refused as the end of a pause", () => {
    const limiter = new RateLimiter({ tokens });
    expect(() => limiter.pauseUntil("30" as never)).toThrow(
      new TypeError('time must be milliseconds since 1970 or a Date, not the string "30"'),
    );
    for (const time of [Number.NaN, Number.POSITIVE_INFINITY, new Date("soon")]) {
      expect(() => limiter.pauseUntil(time)).toThrow(RangeError);
    }
    vi.setSystemTime(new Date("2026-01-01"));
    expect(() => limiter.pauseUntil(5000)).toThrow(
      new RangeError(
        "time must be a point in time, in milliseconds since 1970, not 5000, which is long ago; " +
          "for a duration pass Date.now() + 5000",
      ),
    );
    expect(limiter.state.pausedFor).toBe(0);
  });
});

it("rejects all requests that wait with one signal, even those that the first to give up would have admitted", async () => {
  const limiter = new RateLimiter({ tokens: { limit: 1000, interval: 60_000 } });
  await limiter.acquire({ tokens: 800 });
  const controller = new AbortController();
  const { signal } = controller;
  const settled = Promise.allSettled([
    limiter.acquire({ tokens: 900, signal }),
    limiter.acquire({ tokens: 100, signal }),
    limiter.acquire({ tokens: 50 }),
  ]);
  controller.abort(new Error("enough"));
  const statuses = (await settled).map(({ status }) => status);
  expect(statuses).toEqual(["rejected", "rejected", "fulfilled"]);
  expect([limiter.waiting, getEventListeners(signal, "abort")]).toEqual([0, []]);
  await limiter.acquire({ tokens: 150 });
});
