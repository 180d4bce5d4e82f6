import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runJobs } from "../index.ts";
import { MemoryRateStore } from "./memory-rate-store.ts";
import type { RateAnswer, RateAsk, RateStore } from "./rate-store.ts";
import { SharedRateLimiter, type SharedRateLimiterOptions } from "./shared-rate-limiter.ts";

/** A store that can go away. */
class FrailStore implements RateStore {
  readonly asks: RateAsk[] = [];
  error: Error | undefined;
  isSilent = false;
  isClosed = false;
  readonly #store: MemoryRateStore;

  constructor(store = new MemoryRateStore()) {
    this.#store = store;
  }

  trade(ask: RateAsk): Promise<RateAnswer> {
    this.asks.push(ask);
    if (this.isSilent) return new Promise(() => {});
    return this.error === undefined ? this.#store.trade(ask) : Promise.reject(this.error);
  }

  watch(listener: (pausedFor: number) => void): () => void {
    return this.#store.watch(listener);
  }

  async aclose(): Promise<void> {
    this.isClosed = true;
  }
}

const interval = 60_000;
const warnings: Error[] = [];
const collect = (warning: Error): void => void warnings.push(warning);

beforeEach(() => {
  vi.useFakeTimers();
  warnings.length = 0;
  process.on("warning", collect);
});
afterEach(() => {
  vi.useRealTimers();
  process.off("warning", collect);
});

function limiterOn(store: RateStore, limit: number, options?: SharedRateLimiterOptions): SharedRateLimiter {
  return new SharedRateLimiter({ requests: { limit, interval } }, store, options);
}

/** How many of these requests start within so many milliseconds. */
async function startedWithin(
  milliseconds: number,
  limiter: SharedRateLimiter,
  requests: number,
): Promise<number> {
  let started = 0;
  for (let request = 0; request < requests; request++) {
    void limiter.acquire().then(
      () => started++,
      () => {},
    );
  }
  await vi.advanceTimersByTimeAsync(milliseconds);
  return started;
}

describe("SharedRateLimiter", () => {
  it("asks once for a hundred requests", async () => {
    const store = new FrailStore();
    const limiter = limiterOn(store, 500);
    expect(await startedWithin(10, limiter, 100)).toBe(100);
    expect(store.asks).toHaveLength(1);
  });

  it("asks for more at once when requests keep coming one by one", async () => {
    const store = new FrailStore();
    const limiter = limiterOn(store, 100_000);
    for (let request = 0; request < 1_000; request++) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      expect(await startedWithin(1, limiter, 1)).toBe(1);
    }
    expect(store.asks.length).toBeLessThan(50);
  });

  it("gives back what it has not used, so that others have it", async () => {
    const store = new MemoryRateStore();
    const limiter = limiterOn(store, 100);
    const other = limiterOn(store, 100);
    for (let request = 0; request < 20; request++) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await startedWithin(1, limiter, 1);
    }
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await startedWithin(10, other, 100)).toBe(80);
  });

  it("gives it back in time, also where it has a smaller return to make later", async () => {
    const store = new MemoryRateStore();
    const limiter = limiterOn(store, 10);
    const lease = await limiter.acquire();
    await vi.advanceTimersByTimeAsync(1_000);
    lease.cancel();
    expect(limiter.tryAcquire()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await startedWithin(10, limiterOn(store, 10), 10)).toBe(10);
  });

  it("charges a killed process's grants for one interval", async () => {
    const store = new MemoryRateStore();
    const killed = limiterOn(store, 100);
    const other = limiterOn(store, 100);
    expect(await startedWithin(10, killed, 100)).toBe(100);
    let started = 0;
    void other.acquire().then(() => started++);
    await vi.advanceTimersByTimeAsync(interval - 100);
    expect(started).toBe(0);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(started).toBe(1);
  });

  it("serves jobs, whose requests do not wait for one another's exchange", async () => {
    const store = new FrailStore();
    const limiter = limiterOn(store, 500);
    const results = runJobs(
      [1, 2, 3].map((n) => async () => n * n),
      { workers: 3, rate: limiter },
    );
    await vi.advanceTimersByTimeAsync(10);
    expect(await results).toEqual([1, 4, 9]);
  });

  it("starts a request that takes nothing of one budget", async () => {
    const limits = { requests: { limit: 1, interval }, tokens: { limit: 10, interval } };
    const limiter = new SharedRateLimiter(limits, new MemoryRateStore());
    const lease = await limiter.acquire({ tokens: 0 });
    lease.settle(4);
    await vi.advanceTimersByTimeAsync(interval / 2);
    void limiter.acquire().catch(() => {});
    await vi.advanceTimersByTimeAsync(10);
    expect(limiter.state.tokens?.free).toBe(6);
  });

  it("lets tryAcquire succeed with what is held, and asks for more if it does not", async () => {
    const limiter = limiterOn(new MemoryRateStore(), 10);
    expect(limiter.tryAcquire()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(limiter.tryAcquire()).toBeDefined();
  });

  it("reports what is left over all processes", async () => {
    const store = new MemoryRateStore();
    const limiter = limiterOn(store, 10);
    const other = limiterOn(store, 10);
    await startedWithin(10, other, 6);
    await startedWithin(10, limiter, 1);
    expect(limiter.state.requests).toEqual({ limit: 10, interval, free: 3 });
  });

  it("holds back all processes, and tells the store again if it was away", async () => {
    const memory = new MemoryRateStore();
    const store = new FrailStore(memory);
    const limiter = limiterOn(store, 10);
    const other = limiterOn(memory, 10);
    store.error = new Error("connection refused");
    limiter.pauseUntil(Date.now() + 30_000);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(other.state.pausedFor).toBe(0);
    store.error = undefined;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(other.state.pausedFor).toBeCloseTo(27_000, -2);
  });

  it("does not take a wrong clock of its process into account", async () => {
    const store = new MemoryRateStore();
    const limiter = limiterOn(store, 10);
    await startedWithin(10, limiter, 10);
    vi.setSystemTime(Date.now() + 10 * interval);
    expect(await startedWithin(100, limiter, 1)).toBe(0);
  });

  describe("while its store is away", () => {
    it("waits, warns once, and goes on when it is back", async () => {
      const store = new FrailStore();
      const limiter = limiterOn(store, 10);
      store.error = new Error("connection refused");
      let started = 0;
      void limiter.acquire().then(() => started++);
      await vi.advanceTimersByTimeAsync(30_000);
      expect(started).toBe(0);
      expect(warnings.map(({ message }) => message)).toEqual([
        "the store of a shared rate limit failed: connection refused; requests wait until it is back",
      ]);
      store.error = undefined;
      await vi.advanceTimersByTimeAsync(2_000);
      expect(started).toBe(1);
    });

    it("takes a store that does not answer for one that is away", async () => {
      const store = new FrailStore();
      const limiter = limiterOn(store, 10, { onStoreError: "fail" });
      store.isSilent = true;
      const outcome = limiter.acquire().catch((error: unknown) => String(error));
      await vi.advanceTimersByTimeAsync(6_000);
      expect(await outcome).toBe(
        "RateStoreError: the store of a shared rate limit failed: it has not answered within 5000 ms",
      );
    });

    it("rejects requests with onStoreError: fail, and starts those that come when it is back", async () => {
      const store = new FrailStore();
      const limiter = limiterOn(store, 10, { onStoreError: "fail" });
      const cause = new Error("connection refused");
      store.error = cause;
      await expect(limiter.acquire()).rejects.toMatchObject({ name: "RateStoreError", cause });
      store.error = undefined;
      expect(await startedWithin(10, limiter, 1)).toBe(1);
    });

    it("starts an equal share with onStoreError: local, which the store learns of later", async () => {
      const memory = new MemoryRateStore();
      const store = new FrailStore(memory);
      const limiter = limiterOn(store, 100, { onStoreError: "local" });
      const other = limiterOn(memory, 100);
      await startedWithin(10, other, 1);
      await startedWithin(10, limiter, 1);
      store.error = new Error("connection refused");
      // Half of the limit, one of which it has used before.
      expect(await startedWithin(10_000, limiter, 80)).toBe(49);
      expect(warnings.map(({ message }) => message)).toEqual([
        "the store of a shared rate limit failed: connection refused; " +
          "until it is back, this process starts no more than 1/2 of the limit",
      ]);
      store.error = undefined;
      await vi.advanceTimersByTimeAsync(3_000);
      // One of the other, 50 of this one, and its 31 that still waited.
      expect(await startedWithin(100, other, 100)).toBe(18);
    });

    it("does not give back twice what it may have given back before", async () => {
      const store = new FrailStore();
      const limiter = limiterOn(store, 10);
      const leases = await Promise.all([limiter.acquire(), limiter.acquire()]);
      await vi.advanceTimersByTimeAsync(1_000);
      for (const lease of leases) lease.cancel();
      store.error = new Error("connection reset");
      void limiter.acquire();
      await vi.advanceTimersByTimeAsync(100);
      store.error = undefined;
      await vi.advanceTimersByTimeAsync(1_000);
      const returned = store.asks.flatMap(({ corrections }) => corrections.map(({ amount }) => amount));
      expect(returned).toEqual([-2]);
    });
  });

  describe("when it is closed", () => {
    it("gives everything back, leaves, and closes the store", async () => {
      const memory = new MemoryRateStore();
      const store = new FrailStore(memory);
      const limiter = limiterOn(store, 10);
      const leases = await Promise.all(Array.from({ length: 10 }, () => limiter.acquire()));
      for (const lease of leases.slice(4)) lease.cancel();
      await limiter.aclose();
      expect(store.asks.at(-1)).toMatchObject({ leaves: true, wants: [] });
      expect(store.isClosed).toBe(true);
      expect(limiter.closed).toBe(true);
      expect(await startedWithin(10, limiterOn(memory, 10), 10)).toBe(6);
    });

    it("gives back what arrives while it closes", async () => {
      const memory = new MemoryRateStore();
      const limiter = limiterOn(memory, 10);
      const refused = limiter.acquire().catch((error: unknown) => String(error));
      await limiter.aclose();
      expect(await refused).toBe("Error: the rate limiter is closed");
      expect(await startedWithin(10, limiterOn(memory, 10), 10)).toBe(10);
    });

    it("leaves no timer behind", async () => {
      const limiter = limiterOn(new MemoryRateStore(), 1);
      await limiter.acquire();
      void limiter.acquire().catch(() => {});
      await vi.advanceTimersByTimeAsync(10);
      await limiter.aclose();
      expect(vi.getTimerCount()).toBe(0);
    });
  });

  it("refuses wrong options", () => {
    const store = new MemoryRateStore();
    expect(() => limiterOn(store, 10, { onStoreError: "ignore" as "wait" })).toThrow(
      new TypeError('onStoreError must be "wait", "local" or "fail", not the string "ignore"'),
    );
    expect(() => limiterOn(store, 10, { onStoreErrors: "fail" } as object)).toThrow(
      "there is no option onStoreErrors; did you mean onStoreError?",
    );
    expect(() => limiterOn(store, 0)).toThrow(RangeError);
  });
});
