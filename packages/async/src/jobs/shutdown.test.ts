import { getEventListeners } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Job, type JobContext, mapJobs, runJobs } from "../index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A promise that rejects when its signal is aborted. */
const untilAborted = ({ signal }: JobContext): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

afterEach(() => vi.useRealTimers());

describe("the progress of a stopped call", () => {
  const told: unknown[] = [];
  const showProgress = {
    start() {},
    advance() {},
    stopping: (milliseconds: number) => void told.push(milliseconds),
    stop: () => void told.push("stop"),
  };
  afterEach(() => told.splice(0));

  it("says how long the jobs that still run are awaited", async () => {
    const running = Promise.withResolvers<void>();
    const failing = [() => running.promise, () => Promise.reject(new Error("x"))];
    const run = runJobs(failing, { showProgress, grace: 700 });
    await turn();
    expect(told).toEqual([700]);
    running.resolve();
    await expect(run).rejects.toThrow("x");
    expect(told).toEqual([700, "stop"]);
  });

  it("says that the call was stopped even if none runs", async () => {
    const run = runJobs([() => Promise.reject(new Error("x"))], { showProgress, grace: 700 });
    await expect(run).rejects.toThrow("x");
    expect(told).toEqual([700, "stop"]);
  });

  it("says so of an abort before the first job", async () => {
    const controller = new AbortController();
    const inputs = async function* (): AsyncGenerator<number> {
      controller.abort(new Error("enough"));
      yield 1;
    };
    const run = mapJobs(inputs(), (n) => n, { showProgress, grace: 700, signal: controller.signal });
    await expect(run).rejects.toThrow("enough");
    expect(told).toEqual([700, "stop"]);
  });

  it("says nothing of it if the call ends by itself, also with failures", async () => {
    const jobs = [() => 1, () => Promise.reject(new Error("x"))];
    await runJobs(jobs, { showProgress, settle: true });
    expect(told).toEqual(["stop"]);
  });
});

describe("runJobs, after the first failure", () => {
  it("aborts the other jobs, awaits them, and throws that very error", async () => {
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

  it.each([undefined, null, 0, "text"])("may be any thrown value: %s", async (thrown) => {
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
  ])("stops when an iterator returns no result object, %s", async (_when, next) => {
    const broken = { [Symbol.asyncIterator]: () => ({ next }) } as unknown as AsyncIterable<number>;
    await expect(mapJobs(broken, (n) => n)).rejects.toThrow(
      "the iterator of the inputs must return { value, done }, not undefined",
    );
  });

  it("starts no input of a generator that aborts the call while it is pulled", async () => {
    const controller = new AbortController();
    function* aborting(): Generator<number> {
      yield 1;
      controller.abort(new Error("enough"));
      yield 2;
    }
    const started: number[] = [];
    const call = mapJobs(aborting(), (n) => started.push(n), { workers: 4, signal: controller.signal });
    await expect(call).rejects.toThrow("enough");
    expect(started).toEqual([1]);
  });

  it("stops when the inputs throw", async () => {
    function* broken(): Generator<number> {
      yield 1;
      throw new Error("no more inputs");
    }
    await expect(mapJobs(broken(), (n) => n)).rejects.toThrow("no more inputs");
  });

  it("abandons a job that ignores its abort for longer than grace, with a warning that names it", async () => {
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

  it("accepts a grace that is longer than the limit of timers", async () => {
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

  it("leaves no timer when the siblings settle in time", async () => {
    vi.useFakeTimers();
    await expect(runJobs([untilAborted, () => Promise.reject(new Error("x"))])).rejects.toThrow("x");
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("runJobs, failures after the first one", () => {
  it("are in siblingErrors of the first one, which stays the same object", async () => {
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

  it("do not include the first error itself", async () => {
    const token = Promise.reject(new Error("no token"));
    for (let round = 0; round < 2; round++) {
      const error: unknown = await mapJobs([1, 2, 3], () => token).catch((reason: unknown) => reason);
      expect(error).toEqual(new Error("no token"));
      expect(error).not.toHaveProperty("siblingErrors");
    }
  });

  it("do not include AbortErrors", async () => {
    const error = new Error("first");
    await expect(runJobs([untilAborted, () => Promise.reject(error)])).rejects.toBe(error);
    expect(error).not.toHaveProperty("siblingErrors");
  });

  it("are warnings where the first one cannot have properties", async () => {
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

  it("include a failure to close the inputs", async () => {
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

describe("runJobs with a signal", () => {
  it("stops with the reason of the signal, which the jobs receive too", async () => {
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

  it("adds one listener per call, and removes it at the end", async () => {
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

  it("starts nothing when the signal is already aborted", async () => {
    const job = vi.fn();
    await expect(runJobs([job], { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow(
      "before",
    );
    expect(job).not.toHaveBeenCalled();
  });
});
