import { AsyncLocalStorage } from "node:async_hooks";
import { getEventListeners } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { asyncRun, mapJobs } from "../index.ts";
import { cleanUp, never, rejectionOf, signalListeners, turn, untilAborted } from "./test-run.ts";

afterEach(cleanUp);

describe("a task forked by asyncRun", () => {
  it("returns its result, and receives the signal", async () => {
    const result = await asyncRun(async ({ signal, fork }) => {
      const child = fork(async (context) => {
        await turn();
        return context.signal === signal;
      });
      return child;
    });
    expect(result).toBe(true);
  });

  it("is awaited and not aborted when main is done, as are its own tasks; then everything is closed", async () => {
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

  it("that throws synchronously is a rejection, and the failure of the run", async () => {
    const error = new Error("child");
    const run = asyncRun(async ({ fork }) => {
      const child = fork(() => {
        throw error;
      });
      await expect(child).rejects.toBe(error);
    });
    await expect(run).rejects.toBe(error);
  });

  it("whose error main rethrows is reported once", async () => {
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

describe("a nested asyncRun", () => {
  it("works in the async context of its caller, in main, tasks and clean-up", async () => {
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

  it("is aborted with the outer one, whose signal is unchanged afterwards", async () => {
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

  it("leaves no listener on the outer signal when it succeeds", async () => {
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

  it("fails alone if its caller catches its error", async () => {
    const result = await asyncRun(async ({ signal }) => {
      await asyncRun(() => Promise.reject(new Error("inner"))).catch(() => {});
      return signal.aborted;
    });
    expect(result).toBe(false);
  });

  it("that starts after the outer one has ended is an outermost one", async () => {
    const gate = Promise.withResolvers<void>();
    let later: Promise<void> | undefined;
    await asyncRun(() => {
      later = gate.promise.then(() => asyncRun(() => expect(signalListeners()).toEqual([1, 1])));
    });
    gate.resolve();
    await later;
  });
});

describe("asyncRun with work that does not end", () => {
  const warnings = () => vi.spyOn(process, "emitWarning").mockImplementation(() => {});

  it("clean-up is abandoned after grace, by name; the rest is still closed", async () => {
    vi.useFakeTimers();
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
    const rejection = rejectionOf(run.finally(() => log.push("the run has ended")));
    await vi.advanceTimersByTimeAsync(499);
    expect(log).toEqual(["third"]);
    await vi.advanceTimersByTimeAsync(2);
    const { error } = await rejection;
    expect(String(error)).toBe(
      "TimeoutError: clean-up took longer than 500 ms, and was abandoned: own #1 (Store). " +
        "Find out what it waits for, or raise grace.",
    );
    expect(log).toEqual(["third", "first", "the run has ended"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ["conns", 'own #0 (Store "conns")'],
    [undefined, "own #0 (Store)"],
    [5, "own #0 (Store)"],
  ])("clean-up that is abandoned is named by its label, if it has one: %s", async (label, name) => {
    vi.useFakeTimers();
    class Store {
      readonly label = label;
      aclose = never;
    }
    const rejection = rejectionOf(asyncRun(({ own }) => void own(new Store()), { grace: 500 }));
    await vi.advanceTimersByTimeAsync(500);
    expect(String((await rejection).error)).toContain(`and was abandoned: ${name}. `);
  });

  it("clean-up that is abandoned after an abort is told apart from a clean one by the error", async () => {
    vi.useFakeTimers();
    const controller = new AbortController();
    const reason = new DOMException("enough", "AbortError");
    const run = asyncRun(
      async (context) => {
        context.defer(never);
        await untilAborted(context);
      },
      { signal: controller.signal, grace: 500 },
    );
    const rejection = rejectionOf(run);
    controller.abort(reason);
    await vi.advanceTimersByTimeAsync(500);
    const error = (await rejection).error as AggregateError;
    expect(error.name).not.toBe("AbortError");
    expect(error.cause).toBe(reason);
    expect(error.errors.map(({ name }: Error) => name)).toEqual(["AbortError", "TimeoutError"]);
    expect(error.message).toBe(
      "the run was aborted: AbortError: enough; clean-up failed: TimeoutError: clean-up took longer than 500 ms, and " +
        "was abandoned: defer #0 (never). Find out what it waits for, or raise grace.",
    );
  });

  it("what an inner run abandons is a failure of the outer one, too", async () => {
    vi.useFakeTimers();
    const controller = new AbortController();
    const run = asyncRun(
      () =>
        asyncRun(
          async (inner) => {
            inner.defer(never);
            await untilAborted(inner);
          },
          { grace: 500 },
        ),
      { signal: controller.signal },
    );
    const rejection = rejectionOf(run);
    controller.abort(new DOMException("enough", "AbortError"));
    await vi.advanceTimersByTimeAsync(500);
    expect(String((await rejection).error)).toContain("abandoned: defer #0 (never)");
  });

  it("all clean-up together has grace, by default 10 seconds", async () => {
    vi.useFakeTimers();
    const ended = vi.fn();
    const run = asyncRun(({ defer }) => {
      for (let n = 0; n < 5; n++) defer(never);
    }).finally(ended);
    const rejection = rejectionOf(run);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(10);
    expect(String((await rejection).error)).toContain(
      [4, 3, 2, 1, 0].map((index) => `defer #${index} (never)`).join(", "),
    );
  });

  it("main may save what is left of jobs that ignore the abort, with the defaults of both", async () => {
    vi.useFakeTimers();
    const controller = new AbortController();
    const emitWarning = vi.spyOn(process, "emitWarning").mockReturnValue();
    const saved: string[] = [];
    const run = asyncRun(
      async ({ signal }) => {
        try {
          await mapJobs([1], never, { signal });
        } finally {
          await new Promise((resolve) => setTimeout(resolve, 1_000));
          saved.push("left.json");
        }
      },
      { signal: controller.signal },
    );
    const rejection = rejectionOf(run);
    const abort = new DOMException("enough", "AbortError");
    await vi.advanceTimersByTimeAsync(1);
    controller.abort(abort);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(saved).toEqual(["left.json"]);
    expect((await rejection).error).toBe(abort);
    expect(emitWarning).toHaveBeenCalledTimes(1);
  });

  it("main and tasks that ignore the abort are abandoned after grace, by name", async () => {
    vi.useFakeTimers();
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
    const error = (await rejection).error as AggregateError;
    expect([error.cause, error.errors.map(String)]).toEqual([
      "enough",
      [
        "enough",
        "TimeoutError: tasks ignored the abort for 500 ms, and were abandoned: fork #0 (deaf), main. " +
          "Pass the signal to what they wait for, or raise grace.",
      ],
    ]);
    expect(log).toEqual(["closed"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("abandoned work that fails later is reported in a warning", async () => {
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
    expect((await rejection).error).toMatchObject({ cause: { message: "main" } });
    expect(warn).not.toHaveBeenCalled();
    gate.reject(new Error("stuck"));
    await vi.advanceTimersByTimeAsync(0);
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      "abandoned work has failed: defer #0 (anonymous) failed: Error: stuck",
      "abandoned work has failed: fork #0 (anonymous) failed: Error: late",
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

  it("leaves no timer when all ends in time", async () => {
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

describe("a call of jobs that nobody awaits", () => {
  it("is a warning once its run has closed everything", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    const gate = Promise.withResolvers<void>();
    const log: string[] = [];
    let call: Promise<unknown> | undefined;
    await asyncRun(({ defer }) => {
      defer(() => void log.push(`closed after ${warn.mock.calls.length} warnings`));
      call = mapJobs([1, 2], () => gate.promise, { desc: "pages" });
    });
    expect(log).toEqual(["closed after 0 warnings"]);
    expect(warn.mock.calls).toEqual([
      [
        "asyncRun has ended and has closed what it owned, but 1 of its calls still run: pages. " +
          "Await each call, or start it with fork, so that the run awaits it",
        { type: "CallsLeft", code: "LLX_CALLS_LEFT" },
      ],
    ]);
    gate.resolve();
    await call;
  });

  it("is none if it ends before clean-up does, or in a task that is forked", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    const gate = Promise.withResolvers<void>();
    await asyncRun(({ defer, fork }) => {
      const call = mapJobs([1], () => gate.promise);
      void fork(() => mapJobs([1], () => turn()));
      defer(async () => {
        gate.resolve();
        await call;
      });
    });
    await mapJobs([1], () => turn());
    expect(warn).not.toHaveBeenCalled();
  });
});
