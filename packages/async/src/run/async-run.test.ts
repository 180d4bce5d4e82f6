import { afterEach, describe, expect, it, vi } from "vitest";
import { asyncRun, type AsyncRunContext, type AsyncRunOptions, runJobs } from "../index.ts";
import { cleanUp, rejectionOf, turn, untilAborted } from "./test-run.ts";

afterEach(cleanUp);

describe("asyncRun", () => {
  it.each([
    ["a value", () => 1, 1],
    ["undefined", () => undefined, undefined],
    ["a promise", async () => "a", "a"],
    ["a thenable", () => ({ then: (take: (value: number) => void) => take(5) }) as PromiseLike<number>, 5],
  ])("gives back %s of main", async (_kind, main, result) => {
    expect(await asyncRun<unknown>(main)).toBe(result);
  });

  it("does not abort a run that succeeds", async () => {
    const signal = await asyncRun((context) => context.signal);
    expect(signal.aborted).toBe(false);
  });
});

describe("asyncRun clean-up", () => {
  /** Opens three things in three ways, each of which takes a while to close. */
  function openThree(log: string[], { own, defer }: AsyncRunContext): void {
    const close = async (name: string): Promise<void> => {
      log.push(`closing ${name}`);
      await turn();
      log.push(`closed ${name}`);
    };
    own({ aclose: () => close("first") });
    defer(() => close("second"));
    own({ [Symbol.asyncDispose]: () => close("third") });
  }
  const lastFirst = ["third", "second", "first"].flatMap((name) => [`closing ${name}`, `closed ${name}`]);

  it("closes one after another, last opened first, before it returns the result", async () => {
    const log: string[] = [];
    const result = await asyncRun(async (context) => {
      openThree(log, context);
      await turn();
      log.push("main is done");
      return 7;
    });
    expect([result, log]).toEqual([7, ["main is done", ...lastFirst]]);
  });

  it("does so after an error", async () => {
    const log: string[] = [];
    const error = new Error("main");
    const run = asyncRun((context) => {
      openThree(log, context);
      throw error;
    });
    await expect(run).rejects.toBe(error);
    expect(log).toEqual(lastFirst);
  });

  it("does so after an abort, and closes what main opened after it", async () => {
    const log: string[] = [];
    const controller = new AbortController();
    const reason = new Error("enough");
    const run = asyncRun(
      async (context) => {
        openThree(log, context);
        await untilAborted(context).catch(() => {});
        await turn();
        context.defer(() => void log.push("opened after the abort"));
      },
      { signal: controller.signal },
    );
    controller.abort(reason);
    await expect(run).rejects.toBe(reason);
    expect(log).toEqual(["opened after the abort", ...lastFirst]);
  });

  it("returns what it owns, and closes it by aclose before the disposers", async () => {
    class Pool {
      readonly calls: string[] = [];
      async aclose(): Promise<void> {
        this.calls.push("aclose");
      }
      async [Symbol.asyncDispose](): Promise<void> {
        this.calls.push("asyncDispose");
      }
      [Symbol.dispose](): void {
        this.calls.push("dispose");
      }
    }
    const pool = new Pool();
    const disposable = { disposed: 0, [Symbol.dispose]: () => void disposable.disposed++ };
    await asyncRun(({ own }) => {
      expect(own(pool)).toBe(pool);
      expect(own(disposable)).toBe(disposable);
      expect(own(disposable)).toBe(disposable);
    });
    expect(pool.calls).toEqual(["aclose"]);
    expect(disposable.disposed).toBe(1);
  });

  it("may open more, which is closed next", async () => {
    const log: string[] = [];
    await asyncRun(({ defer }) => {
      defer(() => void log.push("first"));
      defer(() => {
        log.push("second");
        defer(() => void log.push("opened while closing"));
      });
    });
    expect(log).toEqual(["second", "opened while closing", "first"]);
  });

  it("can run jobs and nested runs, even though the run was aborted", async () => {
    const controller = new AbortController();
    const saved: number[] = [];
    const run = asyncRun(
      async (context) => {
        context.defer(async () => {
          saved.push(...(await asyncRun(({ signal }) => runJobs([() => 1, () => 2], { signal }))));
        });
        await untilAborted(context);
      },
      { signal: controller.signal },
    );
    controller.abort(new Error("enough"));
    await expect(run).rejects.toThrow("enough");
    expect(saved).toEqual([1, 2]);
  });

  it("can do so in an inner run that was aborted with the outer one", async () => {
    const saved: number[] = [];
    const run = asyncRun(async ({ fork }) => {
      void fork(() => Promise.reject(new Error("outer")));
      await asyncRun(async (inner) => {
        inner.defer(async () => void saved.push(await asyncRun(() => 1)));
        await untilAborted(inner);
      });
    });
    await expect(run).rejects.toThrow("outer");
    expect(saved).toEqual([1]);
  });

  it("rejects with the abort that came while it was closing", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const log: string[] = [];
    const run = asyncRun(
      ({ defer }) => {
        defer(() => void log.push("first"));
        defer(() => controller.abort(reason));
        return 1;
      },
      { signal: controller.signal },
    );
    await expect(run).rejects.toBe(reason);
    expect(log).toEqual(["first"]);
  });
});

describe("own, defer and fork after the end of asyncRun", () => {
  it("own, defer and fork say that the run has ended, and what happens to their argument", async () => {
    const { own, defer, fork } = await asyncRun((context) => context);
    const called = vi.fn();
    expect(() => own({ aclose: called })).toThrow(
      "own was called when its run had ended; its argument stays open, so close it yourself",
    );
    expect(() => defer(called)).toThrow(
      "defer was called when its run had ended; the function will not be called",
    );
    expect(() => fork(called)).toThrow(
      "fork was called when its run had ended or was cleaning up; the task was not started",
    );
    await turn();
    expect(called).not.toHaveBeenCalled();
  });

  it("fork is refused while the run is cleaning up", async () => {
    const task = vi.fn();
    const run = asyncRun(({ defer, fork }) => defer(() => fork(task)));
    await expect(run).rejects.toThrow("fork was called when its run had ended or was cleaning up");
    expect(task).not.toHaveBeenCalled();
  });
});

describe("asyncRun with invalid arguments", () => {
  it.each<[string, unknown, unknown, string]>([
    ["main", 5, TypeError, "main must be a function, not number 5"],
    ["main", undefined, TypeError, "main must be a function, not undefined"],
  ])("%s: %s", async (_name, main, kind, message) => {
    const { error } = await rejectionOf(asyncRun(main as never));
    expect(error).toBeInstanceOf(kind);
    expect(String(error)).toContain(message);
  });

  it.each<[string, unknown, unknown, string]>([
    ["options", null, TypeError, "options must be an object, not null"],
    ["signal", { signal: {} }, TypeError, "signal must be an AbortSignal, not an object (Object)"],
    ["grace", { grace: -1 }, RangeError, "grace must be 0 or more milliseconds, not -1"],
    ["grace", { grace: Number.NaN }, RangeError, "grace must be 0 or more milliseconds, not NaN"],
    ["grace", { grace: "1s" }, TypeError, 'grace must be a number of milliseconds, not the string "1s"'],
    [
      "closeTimeout, its old name",
      { closeTimeout: 500 },
      TypeError,
      "there is no option closeTimeout; it is called grace",
    ],
    [
      "handleSignals",
      { handleSignals: "SIGINT" },
      TypeError,
      'handleSignals must be true or false, not the string "SIGINT"',
    ],
  ])("%s: %o", async (_name, options, kind, message) => {
    const main = vi.fn();
    const { error } = await rejectionOf(asyncRun(main, options as AsyncRunOptions));
    expect(error).toBeInstanceOf(kind);
    expect(String(error)).toContain(message);
    expect(main).not.toHaveBeenCalled();
  });

  it("refuses a started promise as main or task, and handles its rejection", async () => {
    const started = (): never => Promise.reject(new Error("started")) as never;
    await expect(asyncRun(started())).rejects.toThrow(
      "main is a promise, which has already started; pass a function that starts it: () => promise",
    );
    await expect(asyncRun(({ fork }) => fork(started()))).rejects.toThrow(
      "the argument of fork is a promise",
    );
    await turn();
  });

  it.each([5, null, undefined, {}, { aclose: true }, { close() {} }])("own refuses %o", async (closable) => {
    await expect(asyncRun(({ own }) => own(closable as never))).rejects.toThrow(
      /^the argument of own must have aclose\(\), \[Symbol\.asyncDispose\]\(\) or \[Symbol\.dispose\]\(\), not be .*; what ends in another way: defer\(\(\) => it\.close\(\)\)$/,
    );
  });

  it("own refuses a promise, and handles its rejection", async () => {
    const opening = (): never => Promise.reject(new Error("opening")) as never;
    await expect(asyncRun(({ own }) => own(opening()))).rejects.toThrow(
      new TypeError("the argument of own is a promise; await it first"),
    );
    await turn();
  });

  it("defer and fork refuse a value that is not a function", async () => {
    await expect(asyncRun(({ defer }) => defer({} as never))).rejects.toThrow(
      "the argument of defer must be a function, not an object (Object)",
    );
    await expect(asyncRun(({ fork }) => fork(5 as never))).rejects.toThrow(
      "the argument of fork must be a function, not number 5",
    );
  });
});
