import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { raceAbort } from "./race-abort.ts";

const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

describe("raceAbort", () => {
  it("returns the result of the work, and leaves no listener", async () => {
    const { signal } = new AbortController();
    const gate = Promise.withResolvers<number>();
    const race = raceAbort(gate.promise, signal);
    expect(listeners(signal)).toBe(1);
    gate.resolve(7);
    expect(await race).toBe(7);
    expect(listeners(signal)).toBe(0);
  });

  it("rejects with the error of the work as it is, and leaves no listener", async () => {
    const { signal } = new AbortController();
    await expect(raceAbort(Promise.reject(undefined), signal)).rejects.toBeUndefined();
    expect(listeners(signal)).toBe(0);
  });

  it("rejects with the reason of an abort, and leaves no listener", async () => {
    const controller = new AbortController();
    const race = raceAbort(new Promise(() => {}), controller.signal);
    controller.abort("enough");
    await expect(race).rejects.toBe("enough");
    expect(listeners(controller.signal)).toBe(0);
  });

  it("rejects at once with a signal that is aborted already", async () => {
    await expect(raceAbort(Promise.resolve(7), AbortSignal.abort("before"))).rejects.toBe("before");
  });

  it("leaves no unhandled rejection of work that fails after the abort", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    try {
      const controller = new AbortController();
      const late = Promise.withResolvers<never>();
      const race = raceAbort(late.promise, controller.signal);
      const before = raceAbort(late.promise, AbortSignal.abort("before"));
      controller.abort("enough");
      await expect(race).rejects.toBe("enough");
      await expect(before).rejects.toBe("before");
      late.reject(new Error("late"));
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off("unhandledRejection", unhandled);
    }
  });

  it("needs no signal", async () => {
    expect(await raceAbort(Promise.resolve(7), undefined)).toBe(7);
  });
});
