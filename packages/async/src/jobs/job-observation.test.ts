import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Job, type JobContext, type Progress, runJobs } from "../index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A promise that rejects when its signal is aborted. */
const untilAborted = ({ signal }: JobContext): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

afterEach(() => vi.useRealTimers());

describe("runJobs, events and progress", () => {
  it("makes an async_job event for each job, the parent of the events in it", async () => {
    const debug = new DebugHandler();
    const manager = new CallbackManager({ handlers: [debug] });
    await manager.event("query", () =>
      runJobs(
        [1, 2].map((n) => () => manager.event("embedding", { count: n }, turn)),
        { workers: 2 },
      ),
    );
    const ends = debug.getEventPairs().map(([, end]) => end);
    const query = ends.find(({ type }) => type === "query");
    const jobs = ends.filter(({ type }) => type === "async_job");
    expect(jobs.map(({ payload, parentId }) => [payload, parentId])).toEqual([
      [{ index: 0 }, query!.id],
      [{ index: 1 }, query!.id],
    ]);
    const embeddings = ends.filter(({ type }) => type === "embedding");
    expect(new Set(embeddings.map(({ parentId }) => parentId))).toEqual(new Set(jobs.map(({ id }) => id)));
  });

  it("uses callbackManager, and gives aborted siblings the status aborted", async () => {
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    const error = new Error("first");
    await expect(runJobs([untilAborted, () => Promise.reject(error)], { callbackManager })).rejects.toBe(
      error,
    );
    const statuses = debug.getEventPairs().map(([, { payload, status }]) => [payload, status]);
    expect(statuses).toEqual([
      [{ index: 0 }, "aborted"],
      [{ index: 1 }, "error"],
    ]);
    expect(callbackManager.openEvents).toBe(0);
  });

  it("advances a custom Progress", async () => {
    const calls: unknown[][] = [];
    const progress: Progress = {
      start: (...args) => void calls.push(["start", ...args]),
      advance: (...args) => void calls.push(["advance", ...args]),
      stop: () => void calls.push(["stop"]),
    };
    await runJobs([() => 1, () => 2], { showProgress: progress, desc: "two", workers: 1 });
    expect(calls).toEqual([["start", 2, "two"], ["advance", 1, 0, 0], ["advance", 1, 0, 0], ["stop"]]);
    calls.length = 0;
    await expect(runJobs([() => Promise.reject(new Error("x"))], { showProgress: progress })).rejects.toThrow(
      "x",
    );
    expect(calls).toEqual([["start", 1, undefined], ["advance", 1, 1, 0], ["stop"]]);
  });

  it("calls onProgress after each job, also for inputs of unknown length", async () => {
    const told: unknown[] = [];
    function* jobs(): Generator<Job<number>> {
      yield () => 1;
      yield () => 2;
    }
    await runJobs(jobs(), { onProgress: (progress) => told.push(progress) });
    await runJobs([() => Promise.reject(new Error("x"))], {
      onProgress: (progress) => told.push(progress),
      settle: true,
    });
    expect(told).toEqual([
      { done: 1, failed: 0, total: undefined },
      { done: 2, failed: 0, total: undefined },
      { done: 1, failed: 1, total: 1 },
    ]);
  });

  it("does not count aborted jobs as done", async () => {
    const told: number[] = [];
    const failing = runJobs([untilAborted, () => 1, () => Promise.reject(new Error("x")), untilAborted], {
      onProgress: ({ done }) => told.push(done),
    });
    await expect(failing).rejects.toThrow("x");
    expect(told).toEqual([1, 2]);
  });

  it("stops reporting progress after its receiver has failed, with one warning", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    try {
      const onProgress = vi.fn(() => {
        throw new Error("no ink");
      });
      expect(await runJobs([() => 1, () => 2], { onProgress })).toEqual([1, 2]);
      expect(onProgress).toHaveBeenCalledOnce();
      const stop = vi.fn();
      const rejecting = { start: () => {}, advance: () => Promise.reject(new Error("no paper")), stop };
      expect(await runJobs<unknown>([() => 1, turn], { showProgress: rejecting as Progress })).toHaveLength(
        2,
      );
      expect(stop).toHaveBeenCalledOnce();
      expect(warn.mock.calls.map(([text]) => text)).toEqual([
        "progress is no longer reported, because its receiver failed: Error: no ink",
        "progress is no longer reported, because its receiver failed: Error: no paper",
      ]);
    } finally {
      warn.mockRestore();
    }
  });
});
