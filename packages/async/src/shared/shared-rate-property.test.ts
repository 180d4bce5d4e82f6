import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { seeded } from "../../../../tests/seeded.ts";
import { MemoryRateStore } from "./memory-rate-store.ts";
import type { RateAnswer, RateAsk, RateStore } from "./rate-store.ts";
import { SharedRateLimiter } from "./shared-rate-limiter.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Start {
  readonly at: number;
  readonly tokens: number;
  readonly process: number;
}

/** A store that takes some time to answer, and counts. */
class DistantStore implements RateStore {
  trades = 0;
  readonly #store: RateStore;
  readonly #delay: () => number;

  constructor(store: RateStore, delay: () => number) {
    this.#store = store;
    this.#delay = delay;
  }

  async trade(ask: RateAsk): Promise<RateAnswer> {
    this.trades++;
    await passed(this.#delay());
    const answer = await this.#store.trade(ask);
    await passed(this.#delay());
    return answer;
  }

  watch(listener: (pausedFor: number) => void): () => void {
    return this.#store.watch(listener);
  }

  async aclose(): Promise<void> {}
}

function passed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** The most within any interval. */
function fullest(starts: readonly Start[], of: (start: Start) => number, interval: number): number {
  let most = 0;
  let sum = 0;
  let first = 0;
  for (const start of starts) {
    sum += of(start);
    while (starts[first]!.at <= start.at - interval) sum -= of(starts[first++]!);
    most = Math.max(most, sum);
  }
  return most;
}

const interval = 60_000;

describe("limiters of many processes", () => {
  it.each([1, 2, 3, 4, 5])("together keep a limit, use it, and share it evenly (seed %i)", async (seed) => {
    const next = seeded(seed);
    const memory = new MemoryRateStore();
    const starts: Start[] = [];
    const stores = Array.from({ length: 8 }, () => new DistantStore(memory, () => next() * 3));
    const limiters = stores.map(
      (each) =>
        new SharedRateLimiter(
          { requests: { limit: 500, interval }, tokens: { limit: 800_000, interval } },
          each,
        ),
    );
    const end = performance.now() + 5 * interval;
    const work = limiters.map(async (limiter, process) => {
      const run = async (): Promise<void> => {
        while (performance.now() < end) {
          const tokens = 800 + Math.floor(next() * 1600);
          try {
            // oxlint-disable-next-line no-await-in-loop -- one request after another
            const lease = await limiter.acquire({ tokens });
            starts.push({ at: performance.now(), tokens, process });
            // oxlint-disable-next-line no-await-in-loop
            await passed(50 + next() * 100);
            lease.settle();
          } catch {
            return;
          }
        }
      };
      await Promise.all(Array.from({ length: 64 }, run));
    });
    const from = performance.now();
    await vi.advanceTimersByTimeAsync(5 * interval);
    const settled = starts.filter(({ at }) => at >= from + interval && at < from + 5 * interval);
    const used = Math.max(
      settled.length / (500 * 4),
      settled.reduce((sum, { tokens }) => sum + tokens, 0) / (800_000 * 4),
    );
    const each = limiters.map((_, process) => settled.filter((start) => start.process === process).length);
    const trades = stores.reduce((sum, store) => sum + store.trades, 0);
    expect(fullest(starts, () => 1, interval)).toBeLessThanOrEqual(500);
    expect(fullest(starts, ({ tokens }) => tokens, interval)).toBeLessThanOrEqual(800_000);
    expect(used).toBeGreaterThanOrEqual(0.97);
    expect(Math.min(...each) / (settled.length / 8)).toBeGreaterThanOrEqual(0.8);
    expect(starts.length / trades).toBeGreaterThanOrEqual(20);
    const closing = Promise.all(limiters.map((limiter) => limiter.aclose()));
    await vi.advanceTimersByTimeAsync(1_000);
    await closing;
    await Promise.all(work);
  });
});
