import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { enableInspection, inspectJobs, watchStalls } from "../debug.ts";
import { inspector } from "./inspector.ts";
import { observation } from "../support/observer.ts";
import {
  AdaptiveLimiter,
  type JobContext,
  type JobOptions,
  mapJobs,
  RateLimiter,
  runJobs,
  Semaphore,
} from "../index.ts";

beforeEach(() => {
  vi.useFakeTimers();
  inspector.on = false;
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  inspector.on = false;
});

describe("inspectJobs", () => {
  it("returns counts and labels of calls and semaphores without inspection", async () => {
    const gate = Promise.withResolvers<void>();
    const semaphore = new Semaphore(2, { label: "pages" });
    const permit = await semaphore.acquire();
    const jobs = Array.from({ length: 5 }, () => () => gate.promise);
    const run = runJobs<unknown>([() => 1, ...jobs], { workers: 2, desc: "fetching" });
    await vi.advanceTimersByTimeAsync(0);
    const { on, calls, semaphores } = inspectJobs();
    expect(on).toBe(false);
    expect(calls).toEqual([
      {
        desc: "fetching",
        trace: undefined,
        workers: 2,
        semaphore: undefined,
        total: 6,
        started: 3,
        done: 1,
        running: 2,
        pausedFor: 0,
        refused: 0,
        jobs: [],
      },
    ]);
    expect(semaphores).toContainEqual({
      label: "pages",
      permits: 2,
      available: 1,
      waiting: 0,
      refused: 0,
      holders: [],
      waiters: [],
    });
    gate.resolve();
    permit.release();
    await run;
    expect(inspectJobs().calls).toEqual([]);
    expect(inspectJobs().semaphores).toEqual([]);
  });

  it("returns the rate limiter of calls, one for those that share it", async () => {
    const gate = Promise.withResolvers<void>();
    const rate = new RateLimiter({
      requests: { limit: 3, interval: 1_000 },
      tokens: { limit: 100, interval: 1_000 },
    });
    const runs = [
      mapJobs([0, 1], () => gate.promise, { rate, tokens: () => 10, desc: "one" }),
      mapJobs([0, 1], () => gate.promise, { rate, tokens: () => 10, desc: "two" }),
      runJobs([() => gate.promise]),
    ];
    await vi.advanceTimersByTimeAsync(0);
    const [one, two, other] = inspectJobs().calls;
    expect(one!.rate).toEqual({
      waiting: 1,
      pausedFor: 0,
      refused: 0,
      requests: { limit: 3, interval: 1_000, free: 0 },
      tokens: { limit: 100, interval: 1_000, free: 70 },
      inputs: undefined,
    });
    expect(two!.rate).toBe(one!.rate);
    expect(other!.rate).toBeUndefined();
    gate.resolve();
    await vi.advanceTimersByTimeAsync(2_000);
    await Promise.all(runs);
  });

  it("counts refusals by limit: of a rate, of a semaphore of jobs, of an adaptive limiter, each request once", async () => {
    const refusal = Object.assign(new Error("slow down"), { status: 429 });
    const gate = Promise.withResolvers<void>();
    const rate = new RateLimiter({ requests: { limit: 50, interval: 1_000 } });
    const semaphore = new Semaphore(3, { label: "shared" });
    const adaptive = new AdaptiveLimiter({ initial: 3, label: "adaptive" });
    // The first job succeeds, the others are refused; then one of them again, alone.
    const start = (options: JobOptions): Promise<unknown> => {
      let sent = 0;
      const send = (): Promise<void> => {
        sent++;
        if (sent === 1) return Promise.resolve();
        return sent < 5 ? Promise.reject(refusal) : gate.promise;
      };
      return mapJobs([0, 1, 2], send, { retry: {}, ...options });
    };
    const runs = [
      start({ desc: "of a rate", rate }),
      start({ desc: "of workers", workers: 3 }),
      start({ desc: "of a semaphore", workers: semaphore }),
      start({ desc: "of an adaptive limiter", workers: adaptive }),
    ];
    await vi.advanceTimersByTimeAsync(10_000);
    const { calls, semaphores } = inspectJobs();
    expect(calls.map(({ desc, refused }) => [desc, refused])).toEqual([
      ["of a rate", 3],
      ["of workers", 3],
      ["of a semaphore", 3],
      ["of an adaptive limiter", 3],
    ]);
    expect(calls[0]!.rate!.refused).toBe(3);
    const ofLimits = semaphores.map(({ label, refused }) => [label, refused]);
    expect(ofLimits).toContainEqual(["shared", 3]);
    expect(ofLimits).toContainEqual(["adaptive", 3]);
    gate.resolve();
    await vi.advanceTimersByTimeAsync(10_000);
    await Promise.all(runs);
    await adaptive.use(() => Promise.reject(refusal)).catch(() => {});
    await adaptive.use(() => {
      expect(inspectJobs().semaphores).toMatchObject([{ label: "adaptive", refused: 4 }]);
    });
  });

  it("returns the latest deadlocks that were found, with or without a trace", async () => {
    const one = new Semaphore(1, { label: "one", detectDeadlocks: true });
    const found: unknown[] = [];
    const deadlock = (): Promise<unknown> =>
      one.use(() => one.use(() => {}).catch((error: unknown) => found.push(error)));
    const isOver = deadlock();
    await vi.advanceTimersByTimeAsync(1);
    await isOver;
    await vi.advanceTimersByTimeAsync(250);
    const [first] = inspectJobs().deadlocks;
    expect(first).toEqual({ error: found[0], age: expect.any(Number) });
    expect(first!.age).toBeGreaterThanOrEqual(250);
    expect(first!.age).toBeLessThan(252);
    for (let n = 0; n < 20; n++) {
      const next = deadlock();
      await vi.advanceTimersByTimeAsync(1);
      await next;
    }
    expect(inspectJobs().deadlocks.map(({ error }) => error)).toEqual(found.slice(1));
  });

  it("shows a semaphore that was made before the debug entry was loaded, from its next use on", async () => {
    const { observer } = observation;
    observation.observer = undefined;
    const semaphore = new Semaphore(2, { label: "early" });
    const early = await semaphore.acquire();
    observation.observer = observer;
    expect(inspectJobs().semaphores.map(({ label }) => label)).not.toContain("early");
    enableInspection();
    const late = semaphore.tryAcquire()!;
    const seen = inspectJobs().semaphores.find(({ label }) => label === "early");
    expect(seen).toMatchObject({ permits: 2, available: 0, holders: [{ permits: 1 }] });
    early.release();
    late.release();
  });

  it("returns with inspection which jobs run and wait, since when, and in which trace", async () => {
    enableInspection();
    vi.spyOn(Math, "random").mockReturnValue(1);
    const gate = Promise.withResolvers<void>();
    const manager = new CallbackManager({ handlers: [new DebugHandler()] });
    const jobs = [
      () => gate.promise,
      async ({ attempt }: JobContext) => {
        if (attempt === 1) throw new Error("busy");
      },
    ];
    const run = manager.asTrace("nightly", () => runJobs(jobs, { retry: {} }));
    await vi.advanceTimersByTimeAsync(200);
    const { calls } = inspectJobs();
    expect(calls).toMatchObject([{ desc: "jobs", trace: "nightly", started: 2, done: 0, running: 1 }]);
    expect(calls[0]!.jobs).toEqual([
      { index: 0, attempt: 1, state: "running", age: 200 },
      { index: 1, attempt: 2, state: "waits for another attempt", age: undefined },
    ]);
    gate.resolve();
    await vi.advanceTimersByTimeAsync(500);
    await run;
  });

  it("returns with inspection who holds permits and who waits, and where", async () => {
    enableInspection();
    const semaphore = new Semaphore(1, { label: "pages" });
    const permit = await semaphore.acquire();
    await vi.advanceTimersByTimeAsync(300);
    const run = runJobs([() => 1], { workers: semaphore, desc: "fetching" });
    await vi.advanceTimersByTimeAsync(100);
    const { calls, semaphores } = inspectJobs();
    expect(calls).toMatchObject([
      { semaphore: "pages", running: 0, jobs: [{ state: "waits for a permit" }] },
    ]);
    const pages = semaphores.find(({ label }) => label === "pages")!;
    expect(pages.holders).toEqual([
      { where: expect.stringContaining("debug.test.ts:"), permits: 1, trace: undefined, age: 400 },
    ]);
    expect(pages.waiters).toEqual([{ where: "job 0", permits: 1, trace: undefined, age: 100 }]);
    permit.release();
    await run;
  });
});

describe("watchStalls", () => {
  it("reports a stall once: what runs and waits", async () => {
    enableInspection();
    const written: string[] = [];
    const watch = watchStalls({ after: 1000, sink: { write: (text) => written.push(text) } });
    const semaphore = new Semaphore(1, { label: "pages" });
    const gate = Promise.withResolvers<void>();
    const run = runJobs<unknown>([() => gate.promise, () => semaphore.use(() => 1)], { desc: "fetching" });
    const permit = semaphore.tryAcquire();
    await vi.advanceTimersByTimeAsync(900);
    expect(written).toEqual([]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(written).toHaveLength(1);
    const [report] = written;
    expect(report).toMatch(
      /^nothing has moved for 1\.0 s:\n {2}fetching \(4 workers\): 2 running, 0 waiting, 0 done\n/,
    );
    expect(report).toMatch(/\n {4}job 0 running for 1\.\d s\n {4}job 1 running for 1\.\d s\n/);
    expect(report).toMatch(
      /\n {2}pages: 0 of 1 free, 1 waiting\n {4}.*debug\.test\.ts:\d+.* holds 1 for 1\.\d s\n/,
    );
    expect(report).toMatch(/\n {4}.*debug\.test\.ts:\d+.* waits for 1 for 1\.\d s\n$/);
    permit?.release();
    gate.resolve();
    await run;
    watch.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("reports nothing while all calls wait for a service that refuses", async () => {
    const write = vi.fn();
    const watch = watchStalls({ after: 500, sink: { write } });
    const refusal = Object.assign(new Error("slow down"), { status: 429, retryAfter: 30_000 });
    let calls = 0;
    const run = runJobs(
      [
        async () => {
          if (calls++ === 0) throw refusal;
          return "done";
        },
      ],
      { retry: {}, desc: "asking" },
    );
    await vi.advanceTimersByTimeAsync(20_000);
    const [call] = inspectJobs().calls;
    expect(call).toMatchObject({ desc: "asking", started: 1, running: 0 });
    // A tenth more at the most, and no more than half a second.
    expect(call!.pausedFor).toBeGreaterThanOrEqual(10_000);
    expect(call!.pausedFor).toBeLessThanOrEqual(10_500);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(await run).toEqual(["done"]);
    expect(write).not.toHaveBeenCalled();
    watch.stop();
  });

  it("reports nothing while jobs settle, and nothing without jobs", async () => {
    const write = vi.fn();
    const watch = watchStalls({ after: 100, sink: { write } });
    const jobs = Array.from({ length: 20 }, () => () => new Promise((resolve) => setTimeout(resolve, 50)));
    const run = runJobs(jobs, { workers: 1 });
    await vi.advanceTimersByTimeAsync(2000);
    await run;
    expect(write).not.toHaveBeenCalled();
    watch[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("disk full");
      },
    ],
    ["rejects", () => Promise.reject(new Error("disk full"))],
  ])("warns where its sink %s, and never ends the process", async (_what, write) => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    using watch = watchStalls({ after: 100, sink: { write } });
    const run = runJobs([() => new Promise((resolve) => setTimeout(resolve, 500))]);
    await vi.advanceTimersByTimeAsync(500);
    await run;
    watch.stop();
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      "a report of a stall could not be written: Error: disk full",
      { type: "StallReportFailed", code: "LLX_STALL_REPORT_FAILED" },
    );
    warn.mockRestore();
  });

  it("reports what waits when the process is about to end, once", async () => {
    const others = process.listeners("beforeExit");
    const written: string[] = [];
    const sink = { write: (text: string) => written.push(text) };
    const watch = watchStalls({ sink });
    const gate = Promise.withResolvers<void>();
    const run = runJobs([() => gate.promise], { desc: "pages" });
    await vi.advanceTimersByTimeAsync(0);
    process.listeners("beforeExit").find((each) => !others.includes(each))!(0);
    expect(written).toEqual([
      expect.stringMatching(
        /^the process ends, as nothing keeps it alive, and this still waits:\n {2}pages /,
      ),
    ]);
    watch.stop();
    expect(process.listeners("beforeExit")).toEqual(others);
    gate.resolve();
    await run;
    const idle = watchStalls({ sink });
    process.listeners("beforeExit").find((each) => !others.includes(each))!(0);
    idle.stop();
    expect(written).toHaveLength(1);
  });

  it("names enableInspection in a report without inspection, and lists at most ten jobs", async () => {
    const written: string[] = [];
    const watch = watchStalls({ after: 100, sink: { write: (text) => written.push(text) } });
    const gate = Promise.withResolvers<void>();
    const run = runJobs(
      Array.from({ length: 12 }, () => () => gate.promise),
      { workers: 12 },
    );
    await vi.advanceTimersByTimeAsync(200);
    expect(written[0]).toContain("enableInspection() or LLX_INSPECT=1 shows which jobs");
    expect(written[0]).toContain("jobs (12 workers): 12 running");
    gate.resolve();
    await run;

    enableInspection();
    const again = Promise.withResolvers<void>();
    const second = runJobs(
      Array.from({ length: 12 }, () => () => again.promise),
      { workers: 12 },
    );
    await vi.advanceTimersByTimeAsync(200);
    expect(written[1]).toContain("job 9 running");
    expect(written[1]).toContain("… and 2 more");
    expect(written[1]).not.toContain("job 10 ");
    again.resolve();
    await second;
    watch.stop();
  });

  it.each([
    ["after", { after: 0 }, "after must be more than 0 milliseconds"],
    ["sink", { sink: {} }, "sink must have write(), not an object (Object)"],
  ])("refuses a bad %s", (_name, options, message) => {
    expect(() => watchStalls(options as never)).toThrow(message);
  });
});
