import { afterEach, describe, expect, it, vi } from "vitest";
import { AdaptiveLimiter, mapJobs, RateLimiter, runJobs, Semaphore } from "../index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

afterEach(() => vi.useRealTimers());

describe("runJobs with a Semaphore as workers", () => {
  it("shares its permits among several calls, and releases them", async () => {
    const workers = new Semaphore(3);
    let running = 0;
    let most = 0;
    const job = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await turn();
      running--;
    };
    await Promise.all(
      [1, 2, 3].map(() =>
        runJobs(
          Array.from({ length: 7 }, () => job),
          { workers },
        ),
      ),
    );
    expect(most).toBe(3);
    expect([workers.available, workers.waiting]).toEqual([3, 0]);
  });

  it("ends the wait of a call that is aborted, and leaves no waiter", async () => {
    const workers = new Semaphore(1);
    const permit = await workers.acquire();
    const controller = new AbortController();
    const job = vi.fn();
    const run = runJobs([job], { workers, signal: controller.signal });
    await turn();
    expect(workers.waiting).toBe(1);
    controller.abort(new Error("enough"));
    await expect(run).rejects.toThrow("enough");
    expect(workers.waiting).toBe(0);
    expect(job).not.toHaveBeenCalled();
    permit.release();
    expect(workers.available).toBe(1);
  });

  describe("with settle", () => {
    const each = (input: number): number => input;

    it("fails those that a limit never allows, and those whose charge cannot be told", async () => {
      const rate = new RateLimiter({ tokens: { limit: 100, interval: 60_000 } });
      const tokens = (input: number): number => {
        if (input === 2) throw new Error("no text");
        return input === 1 ? 101 : 10;
      };
      const outcomes = await mapJobs([0, 1, 2, 3], each, { rate, tokens, settle: true });
      expect(outcomes).toMatchObject([
        { value: 0 },
        {
          status: "rejected",
          input: 1,
          reason: { name: "RangeError", message: expect.stringContaining("tokens: 101") },
        },
        { status: "rejected", input: 2, reason: { message: "no text" } },
        { value: 3 },
      ]);
      await expect(mapJobs([1], each, { rate, tokens })).rejects.toThrow(
        "tokens: 101 is more than the limit of 100",
      );
    });

    it.each([
      [undefined, "a number, not undefined"],
      ["12", 'a number, not the string "12"'],
      [Promise.resolve(1), "a number, not a promise that is not awaited"],
      [Number.NaN, "a whole number from 0, not NaN"],
      [-1, "a whole number from 0, not -1"],
    ])("fails one whose charge is no count: %s", async (charge, must) => {
      const limit = { limit: 100, interval: 1000 };
      const rate = new RateLimiter({ tokens: limit, inputs: limit });
      const charges = (input: number): number => (input === 2 ? (charge as never) : 0);
      for (const name of ["tokens", "inputs"] as const) {
        const options = { tokens: () => 0, [name]: charges, rate, settle: true } as const;
        // oxlint-disable-next-line no-await-in-loop -- one after another
        expect(await mapJobs([1, 2, 3], each, options)).toMatchObject([
          { value: 1 },
          { status: "rejected", input: 2, reason: { message: `the result of ${name} must be ${must}` } },
          { value: 3 },
        ]);
      }
    });

    it("fails one that waits when the limit becomes too low for it, and the others go on", async () => {
      const rate = new RateLimiter({ tokens: { limit: 100, interval: 50 } });
      (await rate.acquire({ tokens: 100 })).settle();
      const outcomes = mapJobs([60, 20], each, { rate, tokens: (input) => input, settle: true });
      await turn();
      rate.observe({ tokens: { limit: 50 } });
      expect(await outcomes).toMatchObject([
        { status: "rejected", input: 60, reason: { name: "RangeError" } },
        { value: 20 },
      ]);
    });

    it("fails those that come after a limit was closed", async () => {
      const workers = new Semaphore(1);
      const close = (input: number): number => {
        if (input === 1) workers.close(new Error("shut"));
        return input;
      };
      expect(await mapJobs([0, 1, 2, 3], close, { workers, settle: true })).toMatchObject([
        { value: 0 },
        { value: 1 },
        { status: "rejected", input: 2, reason: { message: "shut" } },
        { status: "rejected", input: 3, reason: { message: "shut" } },
      ]);
    });
  });

  it("fails the call when the semaphore is closed", async () => {
    const workers = new Semaphore(1);
    workers.close(new Error("shut"));
    await expect(runJobs([() => 1], { workers })).rejects.toThrow("shut");
  });
});

describe("runJobs, the permit of an abandoned job", () => {
  it("is released, so that the other jobs can start", async () => {
    vi.useFakeTimers();
    const warnings = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const workers = new Semaphore(1);
    const outcomes = mapJobs([0, 1], (n) => (n === 0 ? new Promise<never>(() => {}) : n), {
      workers,
      timeout: 50,
      grace: 50,
      settle: true,
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(await outcomes).toMatchObject([{ reason: { name: "TimeoutError" } }, { value: 1 }]);
    await vi.advanceTimersByTimeAsync(1);
    expect([workers.available, vi.getTimerCount()]).toEqual([1, 0]);
    expect(warnings.mock.calls.map(([text]) => String(text).slice(0, 40))).toEqual([
      "1 job(s) ignored the abort for 50 ms and",
    ]);
    warnings.mockRestore();
  });
});

describe("runJobs with an AdaptiveLimiter as workers", () => {
  it("reports to the limiter how each job went", async () => {
    const workers = new AdaptiveLimiter({ initial: 4 });
    const overload = Object.assign(new Error("429"), { status: 429 });
    await runJobs(
      Array.from({ length: 4 }, (_, n) => () => (n === 3 ? Promise.reject(overload) : turn())),
      { workers, settle: true },
    );
    // The fourth request in flight was refused: three get through.
    expect([workers.limit, workers.running, workers.waiting]).toEqual([3, 0, 0]);
  });

  it("fails the call with what isOverload throws", async () => {
    const workers = new AdaptiveLimiter({
      isOverload: () => {
        throw new Error("a mistake");
      },
    });
    await expect(runJobs([() => Promise.reject(new Error("x"))], { workers, settle: true })).rejects.toThrow(
      "a mistake",
    );
    expect(workers.running).toBe(0);
  });
});

describe("runJobs with a rate", () => {
  it("starts as many attempts as the rate allows, over several calls", async () => {
    vi.useFakeTimers();
    const rate = new RateLimiter({ requests: { limit: 3, interval: 1000 } });
    const start = Date.now();
    const startedAt: number[] = [];
    const job = async (): Promise<void> => void startedAt.push(Date.now() - start);
    const runs = Promise.all([runJobs([job, job], { rate }), runJobs([job, job, job], { rate })]);
    await vi.runAllTimersAsync();
    await runs;
    expect(startedAt.slice(0, 3)).toEqual([0, 0, 0]);
    expect(startedAt.slice(3).every((time) => time >= 1000 && time < 1100)).toBe(true);
  });

  it("pauses all calls when a service asks one of them to wait", async () => {
    vi.useFakeTimers();
    const rate = new RateLimiter({ requests: { limit: 100, interval: 1000 } });
    const limited = Object.assign(new Error("429"), { retryAfter: 5000 });
    const start = Date.now();
    const retried = runJobs(
      [async ({ attempt }) => (attempt === 1 ? Promise.reject(limited) : Date.now() - start)],
      { rate, retry: {} },
    );
    await vi.advanceTimersByTimeAsync(10);
    const other = runJobs([() => Date.now() - start], { rate });
    await vi.runAllTimersAsync();
    expect((await retried)[0]).toBeGreaterThanOrEqual(5000);
    expect((await other)[0]).toBeGreaterThanOrEqual(5000);
  });

  it("ends the wait for the rate on abort, and leaves no waiter", async () => {
    vi.useFakeTimers();
    const rate = new RateLimiter({ requests: { limit: 1, interval: 60_000 } });
    const controller = new AbortController();
    const run = runJobs([() => 1, () => 2], { rate, signal: controller.signal }).catch(
      (error: unknown) => error,
    );
    await vi.advanceTimersByTimeAsync(10);
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await run).toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });
});
