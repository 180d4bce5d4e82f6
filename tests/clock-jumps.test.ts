import assert from "node:assert/strict";
import { mapJobs, RateLimiter, ResourcePool, retry, streamJobs } from "@llx/async";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { fakeEmbedding } from "@llx/embeddings/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

/**
 * NTP, a user or a suspended machine sets `Date`; `performance.now()` and timers stand still while a machine sleeps, or go
 * on (macOS): then timers are late by hours.
 */
const hours = 3_600_000;
const start = Date.parse("2026-03-01T12:00:00Z");
let delays: number[];
let slept: number;

beforeEach(() => {
  vi.useFakeTimers({ now: start });
  vi.spyOn(Math, "random").mockReturnValue(0);
  slept = 0;
  const now = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => now() + slept);
  delays = [];
  const set = globalThis.setTimeout;
  vi.spyOn(globalThis, "setTimeout").mockImplementation((run: () => void, delay = 0, ...rest: []) => {
    delays.push(delay);
    return set(run, delay, ...rest);
  });
});

afterEach(() => {
  const odd = delays.filter((delay) => !(delay >= 0 && delay <= 2_147_483_647));
  const left = vi.getTimerCount();
  vi.restoreAllMocks();
  vi.useRealTimers();
  assert.deepEqual({ odd, left }, { odd: [], left: 0 }, "delays must be valid, and no timer may be left");
});

/** Milliseconds since the test began, without the time asleep. */
const time = (): number => performance.now() - slept - origin;
let origin: number;
beforeEach(() => void (origin = performance.now()));

const jumps: readonly (readonly [string, () => void])[] = [
  ["no jump", () => {}],
  ["Date goes 6 hours forward", () => void vi.setSystemTime(Date.now() + 6 * hours)],
  ["Date goes 6 hours back", () => void vi.setSystemTime(Date.now() - 6 * hours)],
  ["Date goes back to 1970", () => void vi.setSystemTime(0)],
];

describe.each(jumps)("%s", (_what, jump) => {
  it("rate limits count the same", async () => {
    const rate = new RateLimiter({ requests: { limit: 2, interval: 1_000 } });
    const startedAt: number[] = [];
    const jobs = mapJobs(
      [0, 1, 2, 3, 4, 5],
      async (n) => {
        startedAt.push(Math.floor(time() / 1_000));
        if (n === 1) jump();
      },
      { rate },
    );
    await vi.advanceTimersByTimeAsync(3_000);
    await jobs;
    expect(startedAt).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it("a pause that a service asked for lasts as long", async () => {
    const rate = new RateLimiter({ requests: { limit: 9, interval: 1_000 } });
    rate.pauseUntil(Date.now() + 30_000);
    jump();
    let startedAt = -1;
    const job = mapJobs([0], async () => void (startedAt = time()), { rate });
    await vi.advanceTimersByTimeAsync(29_999);
    expect(startedAt).toBe(-1);
    await vi.advanceTimersByTimeAsync(1);
    await job;
    expect(startedAt).toBe(30_000);
  });

  it("time-outs, retries and deadlines come at their time", async () => {
    const ended: [string, number][] = [];
    const note = (what: string) => (): void => void ended.push([what, time()]);
    const waits = (_: unknown, { signal }: { signal: AbortSignal }): Promise<never> =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const asked = Object.assign(new Error("busy"), { retryAfter: 2_000 });
    let attempts = 0;
    const all = [
      mapJobs([0], waits, { timeout: 1_000 }).catch(note("job")),
      retry(async () => (attempts++ === 0 ? Promise.reject(asked) : undefined)).then(note("retry")),
      fakeEmbedding({ respond: (_request, { signal }) => waits(0, { signal }) })
        .getTextEmbeddingBatch(["a"], { totalTimeout: 3_000 })
        .catch(note("call")),
    ];
    await vi.advanceTimersByTimeAsync(1);
    jump();
    await vi.advanceTimersByTimeAsync(5_000);
    await Promise.all(all);
    expect(ended).toEqual([
      ["job", 1_000],
      ["retry", 2_000],
      ["call", 3_000],
    ]);
  });

  it("idle resources of a pool expire at their time", async () => {
    const destroyed: number[] = [];
    const pool = new ResourcePool({
      create: () => ({}),
      destroy: () => void destroyed.push(time()),
      max: 1,
      idleTimeout: 10_000,
    });
    await pool.use(async () => {});
    jump();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(destroyed).toEqual([10_000]);
    await pool.aclose();
  });

  it("events last as long as they did", async () => {
    const debug = new DebugHandler();
    const manager = new CallbackManager({ handlers: [debug] });
    const work = manager.event("query", async () => {
      jump();
      await new Promise((resolve) => setTimeout(resolve, 500));
    });
    await vi.advanceTimersByTimeAsync(500);
    await work;
    expect(debug.getEventPairs()[0]?.[1].duration).toBe(500);
  });
});

describe("a machine that slept 6 hours while its timers stood still and its clock went on", () => {
  it("has the time-outs of jobs end late, once, and later jobs have their whole time", async () => {
    const ended: [number, number, string][] = [];
    const outcomes = mapJobs(
      [0, 1, 2],
      (n, { signal }) =>
        new Promise<void>((resolve, reject) => {
          signal.addEventListener("abort", () => {
            ended.push([n, time(), (signal.reason as Error).message]);
            reject(signal.reason);
          });
          if (n === 2) setTimeout(resolve, 900);
        }),
      { timeout: 1_000, workers: 2, settle: true },
    );
    await vi.advanceTimersByTimeAsync(500);
    slept = 6 * hours;
    await vi.advanceTimersByTimeAsync(3_000);
    expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
    // 250 ms later than due: what has arrived meanwhile is read first.
    expect(ended).toEqual([
      [0, 1_250, "job 0 took longer than 1000 ms"],
      [1, 1_250, "job 1 took longer than 1000 ms"],
    ]);
  });

  it("gives a job that was aborted late its whole grace", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const outcomes = mapJobs(
      [0],
      async (_, { signal }) => {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        await new Promise((resolve) => setTimeout(resolve, 9_000));
        signal.throwIfAborted();
      },
      { timeout: 1_000, settle: true, grace: 10_000 },
    );
    await vi.advanceTimersByTimeAsync(500);
    slept = 6 * hours;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await outcomes).toMatchObject([{ status: "rejected", reason: { name: "TimeoutError" } }]);
    expect(warn).not.toHaveBeenCalled();
  });

  it("starts at most what an interval allows when it wakes", async () => {
    const rate = new RateLimiter({ requests: { limit: 2, interval: 60_000 } });
    const startedAt: number[] = [];
    const jobs = mapJobs([0, 1, 2, 3, 4, 5], async () => void startedAt.push(performance.now() - origin), {
      rate,
    });
    await vi.advanceTimersByTimeAsync(1_000);
    slept = 6 * hours;
    await vi.advanceTimersByTimeAsync(200_000);
    await jobs;
    for (let i = 2; i < startedAt.length; i++) {
      expect(startedAt[i]! - startedAt[i - 2]!).toBeGreaterThanOrEqual(60_000);
    }
    expect(startedAt).toHaveLength(6);
  });

  it("leaves nothing waiting: streams, retries, pauses and pools continue", async () => {
    const asked = Object.assign(new Error("busy"), { retryAfter: 30_000 });
    let attempts = 0;
    const rate = new RateLimiter({ requests: { limit: 9, interval: 1_000 } });
    rate.pauseUntil(Date.now() + 30_000);
    const pool = new ResourcePool({ create: () => ({}), destroy: () => {}, max: 1, idleTimeout: 10_000 });
    await pool.use(async () => {});
    const all = Promise.all([
      retry(async () => (attempts++ === 0 ? Promise.reject(asked) : "retried")),
      Array.fromAsync(streamJobs([async () => 1, async () => 2], { rate })),
    ]);
    await vi.advanceTimersByTimeAsync(1);
    slept = 6 * hours;
    await vi.advanceTimersByTimeAsync(31_000);
    const [retried, streamed] = await all;
    expect([retried, streamed.length]).toEqual(["retried", 2]);
    expect(pool.size).toBe(0);
    await pool.aclose();
  });
});
