import { describe, expect, it, vi } from "vitest";
import { type Progress, runAsyncTasks } from "../index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("runAsyncTasks", () => {
  it("runs functions and started promises all at once, with results in order", async () => {
    let running = 0;
    let most = 0;
    const task = async (): Promise<number> => {
      most = Math.max(most, ++running);
      await turn();
      return running--;
    };
    const results = await runAsyncTasks([...Array.from({ length: 50 }, () => task), Promise.resolve(-1)]);
    expect(most).toBe(50);
    expect(results).toHaveLength(51);
    expect(results.at(-1)).toBe(-1);
    expect(await runAsyncTasks([])).toEqual([]);
  });

  it("throws the first error and stops the progress bar", async () => {
    const calls: string[] = [];
    const progress: Progress = {
      start: (total, desc) => void calls.push(`start ${total} ${desc}`),
      advance: () => void calls.push("advance"),
      stop: () => void calls.push("stop"),
    };
    const error = new Error("second");
    const failing = runAsyncTasks([async () => 1, () => Promise.reject(error)], {
      showProgress: progress,
      desc: "tasks",
    });
    await expect(failing).rejects.toBe(error);
    expect(calls[0]).toBe("start 2 tasks");
    expect(calls.at(-1)).toBe("stop");
  });

  it("aborts the functions when one fails", async () => {
    let reason: unknown;
    const waiting = ({ signal }: { signal: AbortSignal }): Promise<void> =>
      new Promise((resolve) =>
        signal.addEventListener("abort", () => {
          reason = signal.reason;
          resolve();
        }),
      );
    await expect(runAsyncTasks([waiting, Promise.reject(new Error("x"))])).rejects.toThrow("x");
    expect(reason).toMatchObject({ name: "AbortError" });
  });

  it("refuses the old name progressBarDesc, and names the new one", async () => {
    await expect(runAsyncTasks([() => 1], { progressBarDesc: "tasks" } as object)).rejects.toThrow(
      new TypeError("there is no option progressBarDesc; it is called desc"),
    );
  });

  it("leaves no rejection of a started promise unhandled when it refuses the call", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    try {
      const started = (): Promise<never> => Promise.reject(new Error("started"));
      await expect(runAsyncTasks([started(), 7 as never])).rejects.toThrow(
        "tasks[1] must be a function or a promise, not number 7",
      );
      await expect(runAsyncTasks([started()], { progressBarDesc: "tasks" } as object)).rejects.toThrow(
        "there is no option progressBarDesc",
      );
      await expect(runAsyncTasks([started()], null as never)).rejects.toThrow(
        new TypeError("options must be an object, not null"),
      );
      await turn();
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off("unhandledRejection", unhandled);
    }
  });
});
