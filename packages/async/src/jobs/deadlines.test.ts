import { afterEach, describe, expect, it, vi } from "vitest";
import { type JobContext, runJobs } from "../index.ts";

/** A promise that rejects when its signal is aborted. */
const untilAborted = ({ signal }: JobContext): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

afterEach(() => vi.useRealTimers());

describe("runJobs with a timeout", () => {
  /** Ends after so many milliseconds, or earlier if it observes its signal. */
  const taking =
    (milliseconds: number, deaf = false) =>
    (context: JobContext) =>
      new Promise<string>((resolve, reject) => {
        const timer = setTimeout(() => resolve("done"), milliseconds);
        if (deaf) return;
        context.signal.addEventListener("abort", () => {
          clearTimeout(timer);
          reject(context.signal.reason as Error);
        });
      });

  it("fails a job that takes longer with a TimeoutError, and aborts its signal", async () => {
    vi.useFakeTimers();
    const reasons: unknown[] = [];
    const slow = (context: JobContext): Promise<string> =>
      taking(500)(context).catch((reason: unknown) => {
        reasons.push(reason);
        throw reason;
      });
    const outcomes = runJobs([taking(50), slow, taking(99)], { timeout: 100, settle: true });
    await vi.advanceTimersByTimeAsync(101);
    expect(reasons).toHaveLength(1);
    expect(await outcomes).toEqual([
      { status: "fulfilled", value: "done" },
      { status: "rejected", reason: reasons[0], index: 1, input: slow },
      { status: "fulfilled", value: "done" },
    ]);
    expect(reasons[0]).toMatchObject({ name: "TimeoutError", message: "job 1 took longer than 100 ms" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is a failure of the call without settle, and aborts the others", async () => {
    vi.useFakeTimers();
    const run = runJobs([taking(500), untilAborted], { timeout: 100 });
    const outcome = run.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(101);
    expect(await outcome).toMatchObject({ name: "TimeoutError" });
  });

  it("counts from the start of each job", async () => {
    vi.useFakeTimers();
    const run = runJobs(
      Array.from({ length: 10 }, () => taking(90)),
      { timeout: 100, workers: 1 },
    );
    await vi.advanceTimersByTimeAsync(900);
    expect(await run).toHaveLength(10);
  });

  it("keeps the slot taken until the job has settled", async () => {
    vi.useFakeTimers();
    let running = 0;
    let most = 0;
    const deaf = (takes: number) => async (context: JobContext) => {
      most = Math.max(most, ++running);
      await taking(takes, true)(context);
      running--;
    };
    const run = runJobs([deaf(300), deaf(10), deaf(10)], { timeout: 100, workers: 1, settle: true });
    await vi.advanceTimersByTimeAsync(1000);
    const statuses = (await run).map(({ status }) => status);
    expect(statuses).toEqual(["rejected", "fulfilled", "fulfilled"]);
    expect(most).toBe(1);
  });

  it("abandons a job that ignores its signal for longer than grace, with a warning, and continues", async () => {
    vi.useFakeTimers();
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    try {
      const never = (): Promise<never> => new Promise(() => {});
      const run = runJobs<unknown>([never, () => 1], { timeout: 100, grace: 50, workers: 1, settle: true });
      await vi.advanceTimersByTimeAsync(160);
      expect((await run).map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
      expect(warn.mock.calls.map(([text]) => text)).toEqual([
        expect.stringMatching(/^1 job\(s\) ignored the abort for 50 ms .* index 0\./),
      ]);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      warn.mockRestore();
    }
  });

  it("sets no more timers once the call is stopped", async () => {
    vi.useFakeTimers();
    vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const never = (): Promise<never> => new Promise(() => {});
    const failing = (): Promise<never> =>
      new Promise((_resolve, reject) => setTimeout(() => reject(new Error("failed")), 50));
    const outcome = runJobs([never, failing], { timeout: 100, grace: 1_500 }).catch(String);
    await vi.advanceTimersByTimeAsync(50);
    const setTimer = vi.spyOn(globalThis, "setTimeout");
    // Only the timer of the grace period is left.
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(await outcome).toBe("Error: failed");
    expect([setTimer.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0]);
    vi.restoreAllMocks();
  });

  it.each([0, -1, Number.NaN])("refuses a timeout of %s", async (timeout) => {
    await expect(runJobs([() => 1], { timeout })).rejects.toThrow(/^timeout must be/);
  });
});
