import { getEventListeners } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { asyncRun } from "../index.ts";
import { cleanUp, rejectionOf, send, signalListeners, turn, untilAborted } from "./test-run.ts";

afterEach(cleanUp);

describe("the signal that asyncRun is given", () => {
  it("has one listener while the run lasts, and none after it", async () => {
    const { signal } = new AbortController();
    const count = (): number => getEventListeners(signal, "abort").length;
    await asyncRun(
      async ({ defer }) => {
        expect(count()).toBe(1);
        defer(() => expect(count()).toBe(1));
      },
      { signal },
    );
    expect(count()).toBe(0);
    await expect(asyncRun(() => Promise.reject(new Error("main")), { signal })).rejects.toThrow("main");
    expect(count()).toBe(0);
  });

  it("aborts main and tasks with its reason, which is the failure even if main succeeds", async () => {
    const controller = new AbortController();
    const reasons: unknown[] = [];
    const run = asyncRun(
      async (context) => {
        void context.fork(async (child) => {
          await untilAborted(child).catch((reason: unknown) => reasons.push(reason));
        });
        await untilAborted(context).catch((reason: unknown) => reasons.push(reason));
        return "half of it";
      },
      { signal: controller.signal },
    );
    controller.abort("enough");
    expect(await rejectionOf(run)).toEqual({ error: "enough" });
    expect(reasons).toEqual(["enough", "enough"]);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("that is aborted after a failure does not change the failure", async () => {
    const controller = new AbortController();
    const error = new Error("main");
    const run = asyncRun(
      ({ fork }) => {
        void fork(async (child) => {
          await untilAborted(child).catch(() => {});
          controller.abort(new Error("enough"));
        });
        throw error;
      },
      { signal: controller.signal },
    );
    await expect(run).rejects.toBe(error);
  });

  it("that is aborted already keeps main from starting", async () => {
    const main = vi.fn();
    await expect(asyncRun(main, { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow(
      "before",
    );
    expect(main).not.toHaveBeenCalled();
  });
});

describe("asyncRun at SIGINT and SIGTERM", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "%s unwinds, rejects with an AbortError that names it, and sets exit code %i",
    async (name, code) => {
      const log: string[] = [];
      const run = asyncRun(async (context) => {
        context.defer(() => void log.push("closed"));
        await untilAborted(context);
      });
      expect(signalListeners()).toEqual([1, 1]);
      send(name);
      expect(log).toEqual([]);
      const { error } = await rejectionOf(run);
      expect(error).toBeInstanceOf(DOMException);
      expect(error).toMatchObject({ name: "AbortError", message: `interrupted by ${name}` });
      expect(log).toEqual(["closed"]);
      expect(process.exitCode).toBe(code);
    },
  );

  it("the second signal ends the process at once, even if it is the other one", async () => {
    const exit = vi.spyOn(process, "exit").mockImplementation(() => undefined as never);
    const gate = Promise.withResolvers<void>();
    const run = asyncRun(async (context) => {
      context.defer(() => gate.promise);
      await untilAborted(context);
    });
    send("SIGINT");
    await turn();
    expect(exit).not.toHaveBeenCalled();
    send("SIGTERM");
    expect(exit.mock.calls).toEqual([[143]]);
    gate.resolve();
    await expect(run).rejects.toThrow("interrupted by SIGINT");
  });

  it("that have not stopped a run after two seconds are a warning", async () => {
    vi.useFakeTimers();
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    const gate = Promise.withResolvers<void>();
    const run = asyncRun(() => gate.promise).catch(() => {});
    const quick = asyncRun(untilAborted).catch(() => {});
    send("SIGINT");
    await quick;
    await vi.advanceTimersByTimeAsync(1_999);
    expect(warn).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(warn.mock.calls).toEqual([
      [
        "asyncRun still stops, 2 s after SIGINT: it waits for main, its tasks and clean-up, for as long as grace allows. " +
          "Another signal ends the process at once, without them. What need not be waited for should follow the signal of the run",
        { type: "StillStopping", code: "LLX_STILL_STOPPING" },
      ],
    ]);
    gate.resolve();
    await run;
    const next = asyncRun(untilAborted).catch(() => {});
    send("SIGTERM");
    await next;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("while it is closing reject the run, and closing continues", async () => {
    const log: string[] = [];
    const run = asyncRun(({ defer }) => {
      defer(() => void log.push("first"));
      defer(() => void send("SIGINT"));
    });
    await expect(run).rejects.toThrow("interrupted by SIGINT");
    expect(log).toEqual(["first"]);
  });

  it("have one listener for all runs, abort them all, and start anew after them", async () => {
    for (let round = 0; round < 2; round++) {
      const runs = Array.from({ length: 20 }, () =>
        asyncRun(() => asyncRun(untilAborted)).catch((error: unknown) => String(error)),
      );
      expect(signalListeners()).toEqual([1, 1]);
      send("SIGINT");
      expect(new Set(await Promise.all(runs))).toEqual(new Set(["AbortError: interrupted by SIGINT"]));
      expect(signalListeners()).toEqual([0, 0]);
    }
  });

  it("are still heard by a run when another one has ended", async () => {
    const run = asyncRun(untilAborted);
    await asyncRun(() => {});
    send("SIGINT");
    await expect(run).rejects.toThrow("interrupted by SIGINT");
  });

  it("have no listener with handleSignals: false, and one in a nested run with handleSignals: true", async () => {
    const seen: number[][] = [];
    await asyncRun(
      async () => {
        seen.push(signalListeners());
        await asyncRun(() => seen.push(signalListeners()));
        await asyncRun(() => seen.push(signalListeners()), { handleSignals: true });
      },
      { handleSignals: false },
    );
    expect(seen).toEqual([
      [0, 0],
      [0, 0],
      [1, 1],
    ]);
  });

  it("have no listener after a failure or invalid arguments", async () => {
    await expect(asyncRun(() => Promise.reject(new Error("main")))).rejects.toThrow("main");
    expect(signalListeners()).toEqual([0, 0]);
    await expect(asyncRun(5 as never)).rejects.toThrow(TypeError);
    expect(signalListeners()).toEqual([0, 0]);
  });
});

describe("a run that nothing can continue", () => {
  it("is aborted with an error that says so, before the process ends, and cleans up", async () => {
    const others = process.listeners("beforeExit");
    const saved = vi.fn();
    const reasons: unknown[] = [];
    const run = asyncRun(async (context) => {
      context.defer(saved);
      await asyncRun((inner) => untilAborted(inner).catch((reason: unknown) => reasons.push(reason)));
      await untilAborted(context);
    });
    const second = asyncRun(untilAborted);
    // However many runs there are.
    const [onBeforeExit, ...more] = process.listeners("beforeExit").filter((each) => !others.includes(each));
    expect(more).toEqual([]);
    onBeforeExit!(0);
    const { error } = await rejectionOf(run);
    expect(String(error)).toMatch(
      /^Error: the run cannot continue: it waits for what never happens, as no timer/,
    );
    expect(reasons).toEqual([error]);
    expect(saved).toHaveBeenCalledOnce();
    await expect(second).rejects.toBe(error);
    expect(process.listeners("beforeExit")).toEqual(others);
  });
});
