import { AsyncLocalStorage } from "node:async_hooks";
import { getEventListeners } from "node:events";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import * as fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  AdaptiveLimiter,
  type Job,
  type JobContext,
  mapJobs,
  type Progress,
  RateLimiter,
  runJobs,
  Semaphore,
} from "../index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A promise that ends as its signal is aborted. */
const untilAborted = ({ signal }: JobContext): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

afterEach(() => vi.useRealTimers());

describe("runJobs", () => {
  it("returns results in the order of the jobs, whatever order they end in", async () => {
    const gates = Array.from({ length: 5 }, () => Promise.withResolvers<number>());
    const results = runJobs(
      gates.map(
        ({ promise }) =>
          () =>
            promise,
      ),
      { workers: 5 },
    );
    for (const index of [3, 0, 4, 2, 1]) gates[index]!.resolve(index * 10);
    expect(await results).toEqual([0, 10, 20, 30, 40]);
  });

  it.each([
    ["values", () => 1, 1],
    ["null", () => null, null],
    ["undefined", () => undefined, undefined],
    ["promises", async () => "a", "a"],
    ["thenables", () => ({ then: (take: (value: number) => void) => take(5) }) as PromiseLike<number>, 5],
  ])("takes jobs that return %s", async (_kind, job, result) => {
    expect(await runJobs<unknown>([job, job])).toEqual([result, result]);
  });

  it("runs no jobs, one job, and fewer jobs than workers", async () => {
    expect(await runJobs([])).toEqual([]);
    expect(await runJobs([() => 1], { workers: 100 })).toEqual([1]);
    expect(await runJobs(new Set([() => 1, () => 2]), { workers: 100 })).toEqual([1, 2]);
  });

  it("calls a mapper as a plain function: nothing of the run is its this", async () => {
    const seen: unknown[] = [];
    const mapper = function (this: unknown): void {
      seen.push(this);
    };
    await mapJobs([1], mapper);
    await mapJobs([2], mapper, { retry: { attempts: 2 } });
    expect(seen).toEqual([undefined, undefined]);
  });

  it("tells each job its index and attempt", async () => {
    const seen = await runJobs(
      Array.from({ length: 3 }, () => ({ index, attempt }: JobContext) => [index, attempt]),
    );
    expect(seen).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
  });

  it("never runs more than its workers, keeps order, runs each job once, in turns that are random", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 6 }),
        fc.nat({ max: 30 }),
        fc.boolean(),
        async (scheduler, workers, count, asynchronous) => {
          let running = 0;
          let most = 0;
          const runs = new Array<number>(count).fill(0);
          const jobs = runs.map((_, index) => async () => {
            runs[index]!++;
            most = Math.max(most, ++running);
            await scheduler.schedule(Promise.resolve());
            running--;
            return index;
          });
          async function* source(): AsyncGenerator<Job<number>> {
            for (const job of jobs) {
              await scheduler.schedule(Promise.resolve());
              yield job;
            }
          }
          const results = await scheduler.waitFor(runJobs(asynchronous ? source() : jobs, { workers }));
          expect(results).toEqual(runs.map((_, index) => index));
          expect(runs.every((times) => times === 1)).toBe(true);
          expect(most).toBeLessThanOrEqual(workers);
          if (!asynchronous) expect(most).toBe(Math.min(workers, count));
        },
      ),
    );
  });

  it.each([false, true])(
    "pulls an input only when there is a worker for it (async: %s)",
    async (asynchronous) => {
      let pulled = 0;
      const gate = Promise.withResolvers<void>();
      function* inputs(): Generator<number> {
        while (pulled < 1000) yield pulled++;
      }
      async function* asyncInputs(): AsyncGenerator<number> {
        yield* inputs();
      }
      const results = mapJobs(asynchronous ? asyncInputs() : inputs(), () => gate.promise, { workers: 3 });
      for (let n = 0; n < 20; n++) await turn();
      expect(pulled).toBe(3);
      gate.resolve();
      expect(await results).toHaveLength(1000);
    },
  );

  it("sees the caller's async context in each job", async () => {
    const request = new AsyncLocalStorage<string>();
    const seen = await request.run("mine", () =>
      runJobs(
        Array.from({ length: 4 }, () => async () => {
          await turn();
          return request.getStore();
        }),
        { workers: 2 },
      ),
    );
    expect(seen).toEqual(["mine", "mine", "mine", "mine"]);
  });
});

describe("the first failure", () => {
  it("aborts the others, awaits them, and is thrown as it is", async () => {
    const log: string[] = [];
    const error = new Error("first");
    const jobs: Job<void>[] = [
      async (context) => {
        await untilAborted(context).catch(() => {});
        await turn();
        log.push("the sibling is done");
      },
      async () => {
        await turn();
        throw error;
      },
      () => void log.push("never"),
    ];
    await expect(runJobs(jobs, { workers: 2 })).rejects.toBe(error);
    expect(log).toEqual(["the sibling is done"]);
  });

  it.each([undefined, null, 0, "text"])("may be any value: %s", async (thrown) => {
    const caught = await runJobs([() => Promise.reject(thrown)]).catch((error: unknown) => ({ error }));
    expect(caught).toEqual({ error: thrown });
    const sync = await runJobs([
      () => {
        throw thrown;
      },
    ]).catch((error: unknown) => ({ error }));
    expect(sync).toEqual({ error: thrown });
  });

  it("gives the siblings an AbortError, so that they are not taken for failures", async () => {
    let reason: unknown;
    const sibling = async (context: JobContext): Promise<void> => {
      await untilAborted(context).catch((error: unknown) => (reason = error));
    };
    await expect(runJobs([sibling, () => Promise.reject(new Error("x"))])).rejects.toThrow("x");
    expect(reason).toMatchObject({ name: "AbortError", message: "another job of the same call failed" });
  });

  it.each([false, true])("closes the inputs and pulls no more (async: %s)", async (asynchronous) => {
    let closed = false;
    let pulled = 0;
    function* inputs(): Generator<number> {
      try {
        while (true) yield pulled++;
      } finally {
        closed = true;
      }
    }
    async function* asyncInputs(): AsyncGenerator<number> {
      yield* inputs();
    }
    const failing = mapJobs(
      asynchronous ? asyncInputs() : inputs(),
      (n) => (n === 5 ? Promise.reject(new Error("5")) : n),
      {
        workers: 2,
      },
    );
    await expect(failing).rejects.toThrow("5");
    expect(closed).toBe(true);
    expect(pulled).toBeLessThanOrEqual(8);
  });

  it.each([
    ["at once", () => undefined],
    ["later", async () => undefined],
  ])("of an iterator that breaks its contract %s stops the run too", async (_when, next) => {
    const broken = { [Symbol.asyncIterator]: () => ({ next }) } as unknown as AsyncIterable<number>;
    await expect(mapJobs(broken, (n) => n)).rejects.toThrow(
      "the iterator of the inputs must return { value, done }, not undefined",
    );
  });

  it("of the inputs themselves stops the run too", async () => {
    function* broken(): Generator<number> {
      yield 1;
      throw new Error("no more inputs");
    }
    await expect(mapJobs(broken(), (n) => n)).rejects.toThrow("no more inputs");
  });

  it("leaves a job behind that ignores its abort for longer than grace, and names it", async () => {
    vi.useFakeTimers();
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    try {
      const deaf = (): Promise<void> => new Promise(() => {});
      const failing = runJobs([deaf, () => Promise.reject(new Error("first"))], { grace: 500 });
      const outcome = failing.catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(499);
      expect(warn).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(1);
      expect(String(await outcome)).toBe("Error: first");
      expect(warn).toHaveBeenCalledOnce();
      expect(warn.mock.calls[0]![0]).toMatch(/^1 job\(s\) ignored the abort for 500 ms .* index 0\./);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      warn.mockRestore();
    }
  });

  it("waits for grace also where that is longer than a timer can run", async () => {
    vi.useFakeTimers();
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    try {
      const gate = Promise.withResolvers<void>();
      const failing = runJobs([() => gate.promise, () => Promise.reject(new Error("first"))], {
        grace: 1e10,
      });
      const outcome = failing.catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(1000);
      gate.resolve();
      expect(String(await outcome)).toBe("Error: first");
      expect(warn).not.toHaveBeenCalled();
    } finally {
      warn.mockRestore();
    }
  });

  it("leaves no timer behind when the siblings end in time", async () => {
    vi.useFakeTimers();
    await expect(runJobs([untilAborted, () => Promise.reject(new Error("x"))])).rejects.toThrow("x");
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("failures after the first", () => {
  it("are carried by the first, which stays what it is", async () => {
    const error = new TypeError("first");
    const late = new Error("second");
    const failsWhenAborted = async (context: JobContext): Promise<never> => {
      await untilAborted(context).catch(() => {});
      throw late;
    };
    const caught = await runJobs([untilAborted, () => Promise.reject(error), failsWhenAborted]).catch(
      (thrown: unknown) => thrown,
    );
    expect(caught).toBe(error);
    expect(caught).toBeInstanceOf(TypeError);
    expect(caught).toHaveProperty("siblingErrors", [{ index: 2, error: late }]);
  });

  it("are none where it is the same error: it does not carry itself", async () => {
    const token = Promise.reject(new Error("no token"));
    for (let round = 0; round < 2; round++) {
      const error: unknown = await mapJobs([1, 2, 3], () => token).catch((reason: unknown) => reason);
      expect(error).toEqual(new Error("no token"));
      expect(error).not.toHaveProperty("siblingErrors");
    }
  });

  it("are none where the others only say that they were aborted", async () => {
    const error = new Error("first");
    await expect(runJobs([untilAborted, () => Promise.reject(error)])).rejects.toBe(error);
    expect(error).not.toHaveProperty("siblingErrors");
  });

  it("are warned of where the first cannot carry them", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    try {
      const fails = async (context: JobContext): Promise<never> => {
        await untilAborted(context).catch(() => {});
        throw new Error("second");
      };
      await expect(runJobs([fails, () => Promise.reject("first")])).rejects.toBe("first");
      expect(warn.mock.calls.map(([text]) => text)).toEqual([
        "job 0 failed too, after the call had failed: Error: second",
      ]);
    } finally {
      warn.mockRestore();
    }
  });

  it("include that the inputs could not be closed", async () => {
    const error = new Error("first");
    const unclosable = new Error("cannot close");
    const inputs = {
      *[Symbol.iterator](): Generator<Job<never>> {
        try {
          while (true) yield () => Promise.reject(error);
        } finally {
          // oxlint-disable-next-line no-unsafe-finally -- what is tested
          throw unclosable;
        }
      },
    };
    await expect(runJobs(inputs, { workers: 1 })).rejects.toBe(error);
    expect(error).toHaveProperty("siblingErrors", [{ index: undefined, error: unclosable }]);
  });
});

describe("timeout", () => {
  /** Ends after so many milliseconds, listening to its signal or not. */
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

  it("fails a job that takes longer, and tells it so by its own signal", async () => {
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
      { status: "rejected", reason: reasons[0] },
      { status: "fulfilled", value: "done" },
    ]);
    expect(reasons[0]).toMatchObject({ name: "TimeoutError", message: "job 1 took longer than 100 ms" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("without settle is the first failure, and aborts the others", async () => {
    vi.useFakeTimers();
    const run = runJobs([taking(500), untilAborted], { timeout: 100 });
    const outcome = run.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(101);
    expect(await outcome).toMatchObject({ name: "TimeoutError" });
  });

  it("counts for each job from its own start", async () => {
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

  it("leaves a job behind that ignores its signal for longer than grace, names it, and goes on", async () => {
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

  it("sets no more timers once the call is stopped, however long its jobs ignore that", async () => {
    vi.useFakeTimers();
    vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const never = (): Promise<never> => new Promise(() => {});
    const failing = (): Promise<never> =>
      new Promise((_resolve, reject) => setTimeout(() => reject(new Error("failed")), 50));
    const outcome = runJobs([never, failing], { timeout: 100, grace: 1_500 }).catch(String);
    await vi.advanceTimersByTimeAsync(50);
    const setTimer = vi.spyOn(globalThis, "setTimeout");
    // Only that of the grace is left.
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(await outcome).toBe("Error: failed");
    expect([setTimer.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0]);
    vi.restoreAllMocks();
  });

  it.each([0, -1, Number.NaN])("of %s is refused", async (timeout) => {
    await expect(runJobs([() => 1], { timeout })).rejects.toThrow(/^timeout must be/);
  });
});

describe("workers as a semaphore", () => {
  it("are shared by several calls, and given back", async () => {
    const workers = new Semaphore(3);
    let running = 0;
    let most = 0;
    const job = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await turn();
      running--;
    };
    await Promise.all(
      [1, 2, 3].map(() =>
        runJobs(
          Array.from({ length: 7 }, () => job),
          { workers },
        ),
      ),
    );
    expect(most).toBe(3);
    expect([workers.available, workers.waiting]).toEqual([3, 0]);
  });

  it("end the wait of a call that is aborted, and leave nothing behind", async () => {
    const workers = new Semaphore(1);
    const permit = await workers.acquire();
    const controller = new AbortController();
    const job = vi.fn();
    const run = runJobs([job], { workers, signal: controller.signal });
    await turn();
    expect(workers.waiting).toBe(1);
    controller.abort(new Error("enough"));
    await expect(run).rejects.toThrow("enough");
    expect(workers.waiting).toBe(0);
    expect(job).not.toHaveBeenCalled();
    permit.release();
    expect(workers.available).toBe(1);
  });

  it("that are closed fail the call", async () => {
    const workers = new Semaphore(1);
    workers.close(new Error("shut"));
    await expect(runJobs([() => 1], { workers })).rejects.toThrow("shut");
  });
});

describe("a permit of a job that was left behind", () => {
  it("is given back, so that the others come to their turn", async () => {
    vi.useFakeTimers();
    const warnings = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const workers = new Semaphore(1);
    const outcomes = mapJobs([0, 1], (n) => (n === 0 ? new Promise<never>(() => {}) : n), {
      workers,
      timeout: 50,
      grace: 50,
      settle: true,
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(await outcomes).toMatchObject([{ reason: { name: "TimeoutError" } }, { value: 1 }]);
    await vi.advanceTimersByTimeAsync(1);
    expect([workers.available, vi.getTimerCount()]).toEqual([1, 0]);
    expect(warnings.mock.calls.map(([text]) => String(text).slice(0, 40))).toEqual([
      "1 job(s) ignored the abort for 50 ms and",
    ]);
    warnings.mockRestore();
  });
});

describe("workers as an adaptive limiter", () => {
  it("learn from each job how it went", async () => {
    const workers = new AdaptiveLimiter({ initial: 4 });
    const overload = Object.assign(new Error("429"), { status: 429 });
    await runJobs(
      Array.from({ length: 4 }, (_, n) => () => (n === 3 ? Promise.reject(overload) : turn())),
      { workers, settle: true },
    );
    // The fourth under way was refused: three get through.
    expect([workers.limit, workers.running, workers.waiting]).toEqual([3, 0, 0]);
  });

  it("fail the call with what isOverload throws", async () => {
    const workers = new AdaptiveLimiter({
      isOverload: () => {
        throw new Error("a mistake");
      },
    });
    await expect(runJobs([() => Promise.reject(new Error("x"))], { workers, settle: true })).rejects.toThrow(
      "a mistake",
    );
    expect(workers.running).toBe(0);
  });
});

describe("rate", () => {
  it("lets through as many attempts as it allows, over several calls", async () => {
    vi.useFakeTimers();
    const rate = new RateLimiter({ requests: { limit: 3, interval: 1000 } });
    const start = Date.now();
    const startedAt: number[] = [];
    const job = async (): Promise<void> => void startedAt.push(Date.now() - start);
    const runs = Promise.all([runJobs([job, job], { rate }), runJobs([job, job, job], { rate })]);
    await vi.runAllTimersAsync();
    await runs;
    expect(startedAt.slice(0, 3)).toEqual([0, 0, 0]);
    expect(startedAt.slice(3).every((time) => time >= 1000 && time < 1100)).toBe(true);
  });

  it("is paused for all when a service asks one call to wait", async () => {
    vi.useFakeTimers();
    const rate = new RateLimiter({ requests: { limit: 100, interval: 1000 } });
    const limited = Object.assign(new Error("429"), { retryAfter: 5000 });
    const start = Date.now();
    const retried = runJobs(
      [async ({ attempt }) => (attempt === 1 ? Promise.reject(limited) : Date.now() - start)],
      { rate, retry: {} },
    );
    await vi.advanceTimersByTimeAsync(10);
    const other = runJobs([() => Date.now() - start], { rate });
    await vi.runAllTimersAsync();
    expect((await retried)[0]).toBeGreaterThanOrEqual(5000);
    expect((await other)[0]).toBeGreaterThanOrEqual(5000);
  });

  it("ends its wait with an abort, and leaves nothing behind", async () => {
    vi.useFakeTimers();
    const rate = new RateLimiter({ requests: { limit: 1, interval: 60_000 } });
    const controller = new AbortController();
    const run = runJobs([() => 1, () => 2], { rate, signal: controller.signal }).catch(
      (error: unknown) => error,
    );
    await vi.advanceTimersByTimeAsync(10);
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await run).toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("settle", () => {
  it("runs all, and has each outcome at its place", async () => {
    const error = new Error("second");
    const outcomes = await runJobs([() => 1, () => Promise.reject(error), async () => 3], {
      settle: true,
      workers: 1,
    });
    expect(outcomes).toEqual([
      { status: "fulfilled", value: 1 },
      { status: "rejected", reason: error },
      { status: "fulfilled", value: 3 },
    ]);
  });

  it("is still stopped by the signal, also right after the call", async () => {
    const controller = new AbortController();
    const run = runJobs([untilAborted], { settle: true, signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(run).rejects.toThrow("enough");
  });
});

describe("the caller's signal", () => {
  it("stops the run with its reason, which the jobs see too", async () => {
    const controller = new AbortController();
    const reasons: unknown[] = [];
    const run = runJobs(
      Array.from({ length: 10 }, () => async (context: JobContext) => {
        await untilAborted(context).catch((reason: unknown) => reasons.push(reason));
      }),
      { workers: 3, signal: controller.signal },
    );
    await turn();
    const reason = new Error("the user left");
    controller.abort(reason);
    await expect(run).rejects.toBe(reason);
    expect(reasons).toEqual([reason, reason, reason]);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("has one listener for a whole call, and none after it", async () => {
    const { signal } = new AbortController();
    await mapJobs(
      Array.from({ length: 100 }, (_, n) => n),
      async (_n, context) => {
        void context.signal;
        await turn();
        expect(getEventListeners(signal, "abort")).toHaveLength(1);
      },
      { signal },
    );
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("that is aborted already keeps everything from starting", async () => {
    const job = vi.fn();
    await expect(runJobs([job], { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow(
      "before",
    );
    expect(job).not.toHaveBeenCalled();
  });
});

describe("bad arguments", () => {
  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    "workers: %s is a RangeError",
    async (workers) => {
      const job = vi.fn();
      await expect(runJobs([job], { workers })).rejects.toThrow(
        new RangeError(`workers must be a whole number from 1, not ${workers}`),
      );
      expect(job).not.toHaveBeenCalled();
    },
  );

  it.each([
    ["workers", { workers: "4" }, TypeError, 'workers must be a number, not the string "4"'],
    [
      "workers",
      { workers: {} },
      TypeError,
      "workers must be a number, a Semaphore or an AdaptiveLimiter, not an object (Object)",
    ],
    ["concurrency", { concurrency: 8 }, TypeError, "there is no option concurrency; it is called workers"],
    [
      "retries",
      { retry: { retries: 3 } },
      TypeError,
      "there is no option retries; attempts counts the first",
    ],
    [
      "callbackManager",
      { callbackManager: new DebugHandler() },
      TypeError,
      "callbackManager must be a CallbackManager, not an object (DebugHandler); a handler goes into one: new Call",
    ],
    ["rate", { rate: 5 }, TypeError, "rate must be a RateLimiter, not number 5"],
    ["retry", { retry: 5 }, TypeError, "retry must be an object with options, not number 5"],
    ["retry", { retry: { attempts: 0 } }, RangeError, "attempts must be a whole number from 1, not 0"],
    ["timeout", { timeout: "1s" }, TypeError, "timeout must be a number of milliseconds"],
    ["onProgress", { onProgress: 1 }, TypeError, "onProgress must be a function, not number 1"],
    ["grace", { grace: -1 }, RangeError, "grace must be 0 or more milliseconds, not -1"],
    ["grace", { grace: "1s" }, TypeError, "grace must be a number of milliseconds"],
    ["total", { total: -1 }, RangeError, "total must be a whole number from 0, not -1"],
    ["signal", { signal: {} }, TypeError, "signal must be an AbortSignal, not an object (Object)"],
    [
      "showProgress",
      { showProgress: {} },
      TypeError,
      "showProgress must be true, false or an object with start",
    ],
  ])("%s", async (_name, options, kind, message) => {
    const job = vi.fn();
    const error: unknown = await runJobs([job], options as never).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(kind);
    expect(String(error)).toContain(message);
    expect(job).not.toHaveBeenCalled();
  });

  it("a promise that has started is no job: nothing runs, and its own failure is not left unhandled", async () => {
    const job = vi.fn();
    const started = Promise.reject(new Error("started"));
    await expect(runJobs([job, started as never])).rejects.toThrow(
      "jobs[1] is a promise, which has started already and cannot be held back; pass a function that starts it: () => promise",
    );
    expect(job).not.toHaveBeenCalled();
    await expect(runJobs([7 as never])).rejects.toThrow("jobs[0] must be a function, not number 7");
  });

  it.each([7, null, undefined, {}, "text"])("inputs that are no iterable: %s", async (inputs) => {
    await expect(runJobs(inputs as never)).rejects.toThrow(/must be an iterable or an async iterable/);
  });

  it("a mapper that is no function", async () => {
    await expect(mapJobs([1], 5 as never)).rejects.toThrow("the mapper must be a function, not number 5");
  });
});

describe("observation", () => {
  it("has an async_job event for each job, with what it starts below it", async () => {
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

  it("tells the manager that was given, and marks aborted siblings as aborted", async () => {
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

  it("moves a progress of the user's own", async () => {
    const calls: unknown[][] = [];
    const progress: Progress = {
      start: (...args) => void calls.push(["start", ...args]),
      advance: (steps) => void calls.push(["advance", steps]),
      stop: () => void calls.push(["stop"]),
    };
    await runJobs([() => 1, () => 2], { showProgress: progress, desc: "two", workers: 1 });
    expect(calls).toEqual([["start", 2, "two"], ["advance", 1], ["advance", 1], ["stop"]]);
    calls.length = 0;
    await expect(runJobs([() => Promise.reject(new Error("x"))], { showProgress: progress })).rejects.toThrow(
      "x",
    );
    expect(calls.at(-1)).toEqual(["stop"]);
  });

  it("tells onProgress how far it has come, also of inputs of unknown length", async () => {
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
      { done: 1, total: undefined },
      { done: 2, total: undefined },
      { done: 1, total: 1 },
    ]);
  });

  it("does not count jobs that were told to stop", async () => {
    const told: number[] = [];
    const failing = runJobs([untilAborted, () => 1, () => Promise.reject(new Error("x")), untilAborted], {
      onProgress: ({ done }) => told.push(done),
    });
    await expect(failing).rejects.toThrow("x");
    expect(told).toEqual([1, 2]);
  });

  it("is not told any more after it has failed, with one warning; the work goes on", async () => {
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
        "progress is not told any more, as telling it failed: Error: no ink",
        "progress is not told any more, as telling it failed: Error: no paper",
      ]);
    } finally {
      warn.mockRestore();
    }
  });
});
