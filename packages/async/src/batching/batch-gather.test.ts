import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { describe, expect, it, vi } from "vitest";
import { batchGather, type JobContext } from "../index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("batchGather", () => {
  it("runs group after group, including a smaller last one, with results in order", async () => {
    const log: string[] = [];
    const tasks = Array.from({ length: 5 }, (_, n) => async ({ index }: JobContext) => {
      log.push(`start ${n}`);
      for (let turns = 0; turns <= n % 2; turns++) await turn();
      log.push(`end ${n}`);
      return index;
    });
    expect(await batchGather(tasks, { batchSize: 2 })).toEqual([0, 1, 2, 3, 4]);
    expect(log.join(", ")).toBe(
      "start 0, start 1, end 0, end 1, start 2, start 3, end 2, end 3, start 4, end 4",
    );
  });

  it("accepts a group of any length", async () => {
    const tasks = Array.from({ length: 200_000 }, (_, n) => () => n);
    const results = await batchGather(tasks, { batchSize: tasks.length });
    expect([results.length, results.at(-1)]).toEqual([200_000, 199_999]);
  }, 30_000);

  it("names a task by its index among all tasks, in errors and events", async () => {
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    const tasks = Array.from({ length: 6 }, (_, n) => async () => {
      await turn();
      if (n >= 4) throw new Error(`task ${n}`);
    });
    await expect(batchGather(tasks, { batchSize: 2, callbackManager })).rejects.toMatchObject({
      message: "task 4",
      siblingErrors: [{ index: 5, error: new Error("task 5") }],
    });
    expect(debug.getEventPairs("async_job").map(([{ payload }]) => payload.index)).toEqual([
      0, 1, 2, 3, 4, 5,
    ]);
  });

  it("makes groups of ten by default", async () => {
    let running = 0;
    let most = 0;
    const tasks = Array.from({ length: 25 }, () => async () => {
      most = Math.max(most, ++running);
      await turn();
      running--;
    });
    await batchGather(tasks);
    expect(most).toBe(10);
  });

  it("reports after each group how many tasks are done, with showProgress", async () => {
    const lines: string[] = [];
    const tasks = Array.from({ length: 5 }, (_, n) => () => n);
    await batchGather(tasks, { batchSize: 2, showProgress: { write: (text) => lines.push(text) } });
    expect(lines).toEqual([
      "Completed 2 out of 5 tasks\n",
      "Completed 4 out of 5 tasks\n",
      "Completed 5 out of 5 tasks\n",
    ]);
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    try {
      await batchGather(tasks, { showProgress: true });
      await batchGather(tasks);
      expect(write.mock.calls).toEqual([["Completed 5 out of 5 tasks\n"]]);
    } finally {
      write.mockRestore();
    }
  });

  it("stops at the first failure; later groups never start", async () => {
    const later = vi.fn();
    const error = new Error("second");
    await expect(batchGather([() => 1, () => Promise.reject(error), later], { batchSize: 2 })).rejects.toBe(
      error,
    );
    expect(later).not.toHaveBeenCalled();
  });

  it("lets tasks read their signal", async () => {
    const controller = new AbortController();
    const run = batchGather(
      [
        ({ signal }) =>
          new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
      ],
      { signal: controller.signal },
    );
    await turn();
    controller.abort(new Error("enough"));
    await expect(run).rejects.toThrow("enough");
  });

  it.each<[string, unknown, object, string]>([
    ["options that are none", [() => 1], null as never, "options must be an object, not null"],
    ["a size of 0", [() => 1], { batchSize: 0 }, "batchSize must be a whole number from 1, not 0"],
    ["a started promise", [Promise.resolve(1)], {}, "tasks[0] is a promise, whose work has already started"],
    ["what is no iterable", 5, {}, "must be an iterable"],
    [
      "the old name verbose",
      [() => 1],
      { verbose: true },
      "there is no option verbose; it is called showProgress",
    ],
  ])("refuses %s", async (_what, tasks, options, message) => {
    await expect(batchGather(tasks as never, options)).rejects.toThrow(message);
  });
});
