import { AsyncLocalStorage } from "node:async_hooks";
import { getEventListeners } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { asyncRun, type AsyncRunContext, type AsyncRunOptions, runJobs } from "../index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const never = (): Promise<never> => new Promise(() => {});

/** A promise that ends as its signal is aborted. */
const untilAborted = ({ signal }: { readonly signal: AbortSignal }): Promise<never> =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

/** What a promise is rejected with, wrapped, as it may be `undefined`. */
const rejectionOf = async (promise: Promise<unknown>): Promise<{ readonly error: unknown }> =>
  promise.then(
    () => expect.fail("it was not rejected"),
    (error: unknown) => ({ error }),
  );

const aggregateOf = async (promise: Promise<unknown>): Promise<AggregateError> => {
  const { error } = await rejectionOf(promise);
  return error as AggregateError;
};

const listeners = (): number[] => ["SIGINT", "SIGTERM"].map((name) => process.listenerCount(name));
const send = (name: "SIGINT" | "SIGTERM"): boolean => process.emit(name, name);

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  process.exitCode = undefined;
  if (listeners().some((count) => count > 0)) throw new Error("a listener was left behind");
});

describe("asyncRun", () => {
  it.each([
    ["a value", () => 1, 1],
    ["undefined", () => undefined, undefined],
    ["a promise", async () => "a", "a"],
    ["a thenable", () => ({ then: (take: (value: number) => void) => take(5) }) as PromiseLike<number>, 5],
  ])("gives back %s of main", async (_kind, main, result) => {
    expect(await asyncRun<unknown>(main)).toBe(result);
  });

  it("does not abort a run that ends well", async () => {
    const signal = await asyncRun((context) => context.signal);
    expect(signal.aborted).toBe(false);
  });
});

describe("on the way out", () => {
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

  it("closes one after another, the last opened first, before it gives the result", async () => {
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
    const disposable = { disposed: false, [Symbol.dispose]: () => void (disposable.disposed = true) };
    await asyncRun(({ own }) => {
      expect(own(pool)).toBe(pool);
      expect(own(disposable)).toBe(disposable);
    });
    expect(pool.calls).toEqual(["aclose"]);
    expect(disposable.disposed).toBe(true);
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

  it("can run jobs and runs of its own, though the run was aborted", async () => {
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

  it("can do so in an inner run too, which was aborted with the outer one", async () => {
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

describe("a forked task", () => {
  it("gives its result to whoever awaits it, and the signal to itself", async () => {
    const result = await asyncRun(async ({ signal, fork }) => {
      const child = fork(async (context) => {
        await turn();
        return context.signal === signal;
      });
      return child;
    });
    expect(result).toBe(true);
  });

  it("is awaited and not aborted when main is done, as is what it forks; then all is closed", async () => {
    const log: string[] = [];
    const gate = Promise.withResolvers<void>();
    const run = asyncRun(({ defer, fork }) => {
      defer(() => void log.push("closed"));
      void fork(async ({ signal }) => {
        await gate.promise;
        log.push(`child, aborted: ${signal.aborted}`);
        void fork(async () => {
          await turn();
          log.push("grandchild");
        });
      });
      return "result";
    });
    await turn();
    expect(log).toEqual([]);
    gate.resolve();
    expect(await run).toBe("result");
    expect(log).toEqual(["child, aborted: false", "grandchild", "closed"]);
  });

  it.each([["an error", new Error("child")], ["undefined"], ["null", null], ["zero", 0], ["text", "broken"]])(
    "that fails with %s aborts main and its siblings, awaits them, and is the failure",
    async (_kind, thrown?: unknown) => {
      const log: string[] = [];
      const run = asyncRun(async (context) => {
        context.defer(() => void log.push("closed"));
        void context.fork(async () => {
          await turn();
          throw thrown;
        });
        const gone = async (name: string): Promise<void> => {
          const reason: unknown = await untilAborted(context).catch((error: unknown) => error);
          expect(reason).toMatchObject({
            name: "AbortError",
            message: "another task of the same run failed",
          });
          await turn();
          log.push(name);
        };
        void context.fork(() => gone("sibling"));
        await gone("main");
      });
      expect(await rejectionOf(run)).toEqual({ error: thrown });
      expect(log.toSorted()).toEqual(["closed", "main", "sibling"]);
      expect(log.at(-1)).toBe("closed");
    },
  );

  it("that throws at once is a rejection for who awaits it, and the failure of the run", async () => {
    const error = new Error("child");
    const run = asyncRun(async ({ fork }) => {
      const child = fork(() => {
        throw error;
      });
      await expect(child).rejects.toBe(error);
    });
    await expect(run).rejects.toBe(error);
  });

  it("whose error main throws on is told of once", async () => {
    const error = new Error("child");
    await expect(asyncRun(({ fork }) => fork(() => Promise.reject(error)))).rejects.toBe(error);
  });

  it("is aborted and awaited when main fails", async () => {
    const log: string[] = [];
    const error = new Error("main");
    const run = asyncRun(async ({ defer, fork }) => {
      defer(() => void log.push("closed"));
      void fork(async (context) => {
        await untilAborted(context).catch(() => {});
        await turn();
        log.push("child");
      });
      throw error;
    });
    await expect(run).rejects.toBe(error);
    expect(log).toEqual(["child", "closed"]);
  });

  it("is not started after an abort", async () => {
    const task = vi.fn();
    const run = asyncRun(async ({ fork, signal }) => {
      void fork(() => Promise.reject(new Error("child")));
      await turn();
      await expect(fork(task)).rejects.toBe(signal.reason);
    });
    await expect(run).rejects.toThrow("child");
    expect(task).not.toHaveBeenCalled();
  });

  it("may be ignored: its failure is no unhandled rejection", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    try {
      const run = asyncRun(({ fork }) => {
        void fork(() => Promise.reject(new Error("child")));
        void fork(untilAborted);
      });
      await expect(run).rejects.toThrow("child");
      await turn();
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off("unhandledRejection", unhandled);
    }
  });
});

describe("no error hides another", () => {
  const first = new Error("first");
  const second = new Error("second", { cause: "the disk is full" });
  const third = new Error("third");
  const failing = (error: unknown) => (): never => {
    throw error;
  };
  class Store {
    readonly #error: unknown;
    constructor(error: unknown) {
      this.#error = error;
    }
    async aclose(): Promise<void> {
      throw this.#error;
    }
  }

  it.each([first, undefined, "text"])("one failing clean-up is the failure itself: %s", async (thrown) => {
    const log: string[] = [];
    const run = asyncRun(({ defer }) => {
      defer(() => void log.push("the others are closed"));
      defer(failing(thrown));
    });
    expect(await rejectionOf(run)).toEqual({ error: thrown });
    expect(log).toEqual(["the others are closed"]);
  });

  it("several failing clean-ups are an AggregateError of all, as they came", async () => {
    const error = await aggregateOf(
      asyncRun(({ defer, own }) => {
        own(new Store(second));
        defer(function stopServer() {
          throw first;
        });
      }),
    );
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.errors).toEqual([first, second]);
    expect(error.message).toBe(
      "defer #1 (stopServer) failed: Error: first; own #0 (Store) failed: Error: second",
    );
  });

  /** The failures are `undefined`, then "broken", then `third`. */
  const failThrice = (): Promise<AggregateError> =>
    aggregateOf(
      asyncRun(({ defer, own }) => {
        own(new Store(third));
        defer(failing("broken"));
        throw undefined;
      }),
    );

  it("clean-up that fails after main has is told of with the first error", async () => {
    const error = await aggregateOf(
      asyncRun(({ own }) => {
        own(new Store(second));
        throw first;
      }),
    );
    expect(error).toMatchObject({ cause: first, errors: [first, second] });
    expect(error.message).toBe("main failed: Error: first; own #0 (Store) failed: Error: second");
  });

  it("so are several clean-ups, and failures that are no errors", async () => {
    const error = await failThrice();
    expect(error).toMatchObject({ cause: undefined, errors: [undefined, "broken", third] });
    expect(error.message).toBe(
      'main failed: undefined; defer #1 (anonymous) failed: the string "broken"; own #0 (Store) failed: Error: third',
    );
  });

  it.runIf(typeof SuppressedError === "function")("in a SuppressedError", async () => {
    const error = await failThrice();
    expect(error).toBeInstanceOf(SuppressedError);
    const { error: later, suppressed } = error as AggregateError & SuppressedError;
    expect(suppressed).toBe(undefined);
    expect((later as AggregateError).errors).toEqual(["broken", third]);
  });

  it("or in an AggregateError, where the platform has no SuppressedError", async () => {
    vi.stubGlobal("SuppressedError", undefined);
    const error = await failThrice();
    expect(error).toBeInstanceOf(AggregateError);
    expect(error).toMatchObject({ cause: undefined, errors: [undefined, "broken", third] });
  });

  it("siblings that fail later are told of with the first, those that are merely aborted are not", async () => {
    const error = await aggregateOf(
      asyncRun(async (context) => {
        void context.fork(async function load() {
          await turn();
          throw first;
        });
        void context.fork(async (child) => {
          await untilAborted(child).catch(() => {});
          throw second;
        });
        void context.fork(untilAborted);
        void context.fork(async (child) => {
          await untilAborted(child).catch((cause: unknown) => {
            throw new Error("could not load", { cause });
          });
        });
        void context.fork(async (child) => {
          await untilAborted(child).catch(() => {});
          throw new DOMException("the request was aborted", "AbortError");
        });
        await untilAborted(context);
      }),
    );
    expect(error).toMatchObject({ cause: first, errors: [first, second] });
    expect(error.message).toBe(
      "fork #0 (load) failed: Error: first; fork #1 (anonymous) failed: Error: second",
    );
  });

  it("a clean-up that fails in an inner run that was aborted with the outer one is told of", async () => {
    const error = await aggregateOf(
      asyncRun(async ({ fork }) => {
        void fork(() =>
          asyncRun(async (inner) => {
            inner.own(new Store(second));
            await untilAborted(inner);
          }),
        );
        await turn();
        throw first;
      }),
    );
    expect(error.cause).toBe(first);
    expect(error.errors).toHaveLength(2);
    expect((error.errors[1] as AggregateError).errors[1]).toBe(second);
    expect(error.message).toContain("own #0 (Store) failed: Error: second");
  });
});

describe("a nested run", () => {
  it("works, in the async context of its caller, at every place", async () => {
    const request = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const see = (): void => void seen.push(request.getStore());
    await request.run("mine", () =>
      asyncRun(async ({ defer, fork }) => {
        defer(see);
        await turn();
        see();
        await fork(async () => {
          await turn();
          see();
        });
        await request.run("inner", () =>
          asyncRun(async (inner) => {
            inner.defer(see);
            await turn();
            see();
          }),
        );
      }),
    );
    expect(seen).toEqual(["mine", "mine", "inner", "inner", "mine"]);
  });

  it("is aborted with the outer one, whose signal it gives back as it was", async () => {
    const error = new Error("outer");
    let reasons: unknown[] = [];
    let listening: number[] = [];
    const run = asyncRun(async (outer) => {
      const count = (): number => getEventListeners(outer.signal, "abort").length;
      const inner = Promise.all([
        asyncRun(untilAborted).catch((reason: unknown) => reason),
        asyncRun(untilAborted, { signal: outer.signal }).catch((reason: unknown) => reason),
      ]);
      listening = [count()];
      void outer.fork(() => Promise.reject(error));
      reasons = await inner;
      listening.push(count());
      expect(reasons).toEqual([outer.signal.reason, outer.signal.reason]);
    });
    await expect(run).rejects.toBe(error);
    expect(reasons).toHaveLength(2);
    // One listener serves both.
    expect(listening).toEqual([1, 0]);
  });

  it("leaves no listener on the outer signal when it ends well", async () => {
    await asyncRun(async ({ signal }) => {
      await asyncRun(async () => {
        await turn();
        expect(getEventListeners(signal, "abort")).toHaveLength(1);
      });
      expect(getEventListeners(signal, "abort")).toEqual([]);
    });
  });

  it("is not started when the outer one is aborted", async () => {
    const main = vi.fn();
    const run = asyncRun(async (outer) => {
      void outer.fork(() => Promise.reject(new Error("outer")));
      await turn();
      await expect(asyncRun(main)).rejects.toBe(outer.signal.reason);
    });
    await expect(run).rejects.toThrow("outer");
    expect(main).not.toHaveBeenCalled();
  });

  it("fails alone where its caller catches its error", async () => {
    const result = await asyncRun(async ({ signal }) => {
      await asyncRun(() => Promise.reject(new Error("inner"))).catch(() => {});
      return signal.aborted;
    });
    expect(result).toBe(false);
  });

  it("that starts when the outer one has ended is an outermost one", async () => {
    const gate = Promise.withResolvers<void>();
    let later: Promise<void> | undefined;
    await asyncRun(() => {
      later = gate.promise.then(() => asyncRun(() => expect(listeners()).toEqual([1, 1])));
    });
    gate.resolve();
    await later;
  });
});

describe("the caller's signal", () => {
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

  it("aborts main and tasks with its reason, which is the failure, though main ends well", async () => {
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

describe("SIGINT and SIGTERM", () => {
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
      expect(listeners()).toEqual([1, 1]);
      send(name);
      expect(log).toEqual([]);
      const { error } = await rejectionOf(run);
      expect(error).toBeInstanceOf(DOMException);
      expect(error).toMatchObject({ name: "AbortError", message: `interrupted by ${name}` });
      expect(log).toEqual(["closed"]);
      expect(process.exitCode).toBe(code);
    },
  );

  it("the second one ends the process at once, also when it is the other one", async () => {
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

  it("while it is closing reject the run, and closing goes on", async () => {
    const log: string[] = [];
    const run = asyncRun(({ defer }) => {
      defer(() => void log.push("first"));
      defer(() => void send("SIGINT"));
    });
    await expect(run).rejects.toThrow("interrupted by SIGINT");
    expect(log).toEqual(["first"]);
  });

  it("have one listener for all runs, which all are aborted, and start anew after them", async () => {
    for (let round = 0; round < 2; round++) {
      const runs = Array.from({ length: 20 }, () =>
        asyncRun(() => asyncRun(untilAborted)).catch((error: unknown) => String(error)),
      );
      expect(listeners()).toEqual([1, 1]);
      send("SIGINT");
      expect(new Set(await Promise.all(runs))).toEqual(new Set(["AbortError: interrupted by SIGINT"]));
      expect(listeners()).toEqual([0, 0]);
    }
  });

  it("are still heard by a run when another one has ended", async () => {
    const run = asyncRun(untilAborted);
    await asyncRun(() => {});
    send("SIGINT");
    await expect(run).rejects.toThrow("interrupted by SIGINT");
  });

  it("have no listener where the caller does not want it, and one in a nested run that does", async () => {
    const seen: number[][] = [];
    await asyncRun(
      async () => {
        seen.push(listeners());
        await asyncRun(() => seen.push(listeners()));
        await asyncRun(() => seen.push(listeners()), { handleSignals: true });
      },
      { handleSignals: false },
    );
    expect(seen).toEqual([
      [0, 0],
      [0, 0],
      [1, 1],
    ]);
  });

  it("have no listener after a failure and after bad arguments", async () => {
    await expect(asyncRun(() => Promise.reject(new Error("main")))).rejects.toThrow("main");
    expect(listeners()).toEqual([0, 0]);
    await expect(asyncRun(5 as never)).rejects.toThrow(TypeError);
    expect(listeners()).toEqual([0, 0]);
  });
});

describe("what does not end", () => {
  const warnings = () => vi.spyOn(process, "emitWarning").mockImplementation(() => {});

  it("clean-up is left behind after grace, by name; the rest is closed all the same", async () => {
    vi.useFakeTimers();
    const warn = warnings();
    const log: string[] = [];
    class Store {
      aclose(): Promise<void> {
        return never();
      }
    }
    const run = asyncRun(
      ({ defer, own }) => {
        defer(() => void log.push("first"));
        own(new Store());
        defer(async () => void log.push("third"));
        return 7;
      },
      { grace: 500 },
    );
    const result = run.finally(() => log.push("the run has ended"));
    await vi.advanceTimersByTimeAsync(499);
    expect(log).toEqual(["third"]);
    expect(warn).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2);
    expect(await result).toBe(7);
    expect(log).toEqual(["third", "first", "the run has ended"]);
    expect(warn.mock.calls).toEqual([
      [
        "clean-up took longer than 500 ms and was left behind: own #1 (Store). " +
          "Find out what it waits for, or raise grace.",
        { type: "CleanUpLeftBehind", code: "LLX_CLEAN_UP_LEFT_BEHIND" },
      ],
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("all clean-up together has grace, 10 seconds where none is given", async () => {
    vi.useFakeTimers();
    const warn = warnings();
    const ended = vi.fn();
    const run = asyncRun(({ defer }) => {
      for (let n = 0; n < 5; n++) defer(never);
    }).then(ended);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(10);
    await run;
    expect(warn).toHaveBeenCalledOnce();
    expect(String(warn.mock.calls[0]?.[0])).toContain(
      [4, 3, 2, 1, 0].map((index) => `defer #${index} (never)`).join(", "),
    );
  });

  it("main and tasks that ignore the abort are left behind after grace, by name", async () => {
    vi.useFakeTimers();
    const warn = warnings();
    const log: string[] = [];
    const controller = new AbortController();
    const run = asyncRun(
      async ({ defer, fork }) => {
        defer(() => void log.push("closed"));
        void fork(async function deaf() {
          await never();
        });
        void fork(untilAborted);
        await never();
      },
      { signal: controller.signal, grace: 500 },
    );
    const rejection = rejectionOf(run);
    // The time counts from the abort.
    await vi.advanceTimersByTimeAsync(60_000);
    controller.abort("enough");
    await vi.advanceTimersByTimeAsync(499);
    expect(log).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await rejection).toEqual({ error: "enough" });
    expect(log).toEqual(["closed"]);
    expect(warn.mock.calls).toEqual([
      [
        "tasks ignored the abort for 500 ms and were left behind: fork #0 (deaf), main. " +
          "Pass the signal on to what they wait for, or raise grace.",
        { type: "TasksLeftBehind", code: "LLX_TASKS_LEFT_BEHIND" },
      ],
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("what was left behind and fails later is told of in a warning", async () => {
    vi.useFakeTimers();
    const warn = warnings();
    const gate = Promise.withResolvers<void>();
    const run = asyncRun(
      async ({ defer, fork }) => {
        defer(() => gate.promise);
        void fork(async () => {
          await gate.promise.catch(() => {});
          throw new Error("late");
        });
        throw new Error("main");
      },
      { grace: 500 },
    );
    const rejection = rejectionOf(run);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(String((await rejection).error)).toBe("Error: main");
    warn.mockClear();
    gate.reject(new Error("stuck"));
    await vi.advanceTimersByTimeAsync(0);
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      "what was left behind has failed: defer #0 (anonymous) failed: Error: stuck",
      "what was left behind has failed: fork #0 (anonymous) failed: Error: late",
    ]);
  });

  it.each([Number.POSITIVE_INFINITY, 1e12])("is waited for without a timer at grace %s", async (grace) => {
    vi.useFakeTimers();
    const warn = warnings();
    const gate = Promise.withResolvers<void>();
    const run = asyncRun(({ defer }) => defer(() => gate.promise), { grace });
    await vi.advanceTimersByTimeAsync(100_000);
    expect(vi.getTimerCount()).toBe(0);
    gate.resolve();
    await run;
    expect(warn).not.toHaveBeenCalled();
  });

  it("leaves no timer behind when all ends in time", async () => {
    vi.useFakeTimers();
    const run = asyncRun(async ({ defer, fork }) => {
      defer(async () => {});
      void fork(untilAborted);
      throw new Error("main");
    });
    await expect(run).rejects.toThrow("main");
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("too late", () => {
  it("own, defer and fork say that the run has ended, and what becomes of what they were given", async () => {
    const { own, defer, fork } = await asyncRun((context) => context);
    const called = vi.fn();
    expect(() => own({ aclose: called })).toThrow(
      "own was called when its run had ended; what it was given stays open, so close it yourself",
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

describe("bad arguments", () => {
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

  it("a promise that has started is no main and no task, and its own failure is not left unhandled", async () => {
    const started = (): never => Promise.reject(new Error("started")) as never;
    await expect(asyncRun(started())).rejects.toThrow(
      "main is a promise, which has started already; pass a function that starts it: () => promise",
    );
    await expect(asyncRun(({ fork }) => fork(started()))).rejects.toThrow("what fork is given is a promise");
    await turn();
  });

  it.each([5, null, undefined, {}, { aclose: true }])("own refuses %o", async (closable) => {
    await expect(asyncRun(({ own }) => own(closable as never))).rejects.toThrow(
      /^what own is given must have aclose\(\), \[Symbol\.asyncDispose\]\(\) or \[Symbol\.dispose\]\(\), not be /,
    );
  });

  it("defer and fork refuse what is no function", async () => {
    await expect(asyncRun(({ defer }) => defer({} as never))).rejects.toThrow(
      "what defer is given must be a function, not an object (Object)",
    );
    await expect(asyncRun(({ fork }) => fork(5 as never))).rejects.toThrow(
      "what fork is given must be a function, not number 5",
    );
  });
});
