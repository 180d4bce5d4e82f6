import { expect, it, vi } from "vitest";
import type { Progress } from "./progress.ts";
import { startProgress } from "./running-progress.ts";

it("tells a Progress what happens, and nobody without one", async () => {
  const told: unknown[][] = [];
  const progress: Progress = {
    start: (...args) => void told.push(["start", ...args]),
    advance: (...args) => void told.push(["advance", ...args]),
    pause: (...args) => void told.push(["pause", ...args]),
    stopping: (...args) => void told.push(["stopping", ...args]),
    stop: () => void told.push(["stop"]),
  };
  const running = await startProgress(progress, 5, "pages");
  running?.advance(2);
  running?.pause(3000);
  running?.advance(3, 1);
  running?.stopping(5000);
  running?.stop();
  expect(told).toEqual([
    ["start", 5, "pages"],
    ["advance", 2, 0, 0],
    ["pause", 3000],
    ["advance", 3, 1, 0],
    ["stopping", 5000],
    ["stop"],
  ]);
  expect(await startProgress(false, 5)).toBeUndefined();
  expect(await startProgress(undefined, 5)).toBeUndefined();
});

it("never throws an error of its receiver, but warns once, and still stops it", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  try {
    const stop = vi.fn();
    const advance = vi.fn(() => {
      throw new Error("no ink");
    });
    const running = await startProgress({ start() {}, advance, stop }, 2);
    running!.advance(1);
    running!.advance(1);
    running!.stop();
    expect(advance).toHaveBeenCalledOnce();
    expect(stop).toHaveBeenCalledOnce();
    expect(warn.mock.calls.map(([text]) => text)).toEqual([
      "progress is no longer reported, because its receiver failed: Error: no ink",
    ]);
  } finally {
    warn.mockRestore();
  }
});

it("refuses what is no Progress", async () => {
  await expect(startProgress({} as Progress, 1)).rejects.toThrow(
    "showProgress must be true, false or an object with start",
  );
});
