import { AsyncLocalStorage } from "node:async_hooks";
import { Readable } from "node:stream";
import { inspect } from "node:util";
import { DebugHandler } from "@llx/callbacks";
import * as fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  AdaptiveLimiter,
  InputsError,
  type Job,
  type JobContext,
  mapJobs,
  RateLimiter,
  runJobs,
  Semaphore,
} from "../index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A promise that rejects when its signal is aborted. */
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

  it("calls a mapper as a plain function, without a this", async () => {
    const seen: unknown[] = [];
    const mapper = function (this: unknown): void {
      seen.push(this);
    };
    await mapJobs([1], mapper);
    await mapJobs([2], mapper, { retry: { attempts: 2 } });
    expect(seen).toEqual([undefined, undefined]);
  });

  it("passes each job its index and attempt", async () => {
    const seen = await runJobs(
      Array.from({ length: 3 }, () => ({ index, attempt }: JobContext) => [index, attempt]),
    );
    expect(seen).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
  });

  it("never runs more jobs than workers, keeps order, and runs each job once, in random turns", async () => {
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

  it("runs each job in the caller's async context", async () => {
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

describe("runJobs with settle", () => {
  it("runs all jobs, and returns each outcome at the index of its job", async () => {
    const error = new Error("second");
    const failing = (): Promise<number> => Promise.reject(error);
    const outcomes = await runJobs([() => 1, failing, async () => 3], { settle: true, workers: 1 });
    expect(outcomes).toEqual([
      { status: "fulfilled", value: 1 },
      { status: "rejected", reason: error, index: 1, input: failing },
      { status: "fulfilled", value: 3 },
    ]);
  });

  it("gives the inputs of failures, even from a generator, so that they can be tried again", async () => {
    function* inputs(): Generator<string> {
      yield* ["a", "bad", "c", "worse"];
    }
    const load = (input: string, { attempt }: JobContext): string => {
      if (input.length > 1) throw new Error(`${input} ${attempt}`);
      return input;
    };
    const options = { settle: true, retry: { attempts: 2, delay: 0 } } as const;
    const outcomes = await mapJobs(inputs(), load, options);
    const failed = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(failed).toEqual([
      { status: "rejected", reason: new Error("bad 2"), index: 1, input: "bad" },
      { status: "rejected", reason: new Error("worse 2"), index: 3, input: "worse" },
    ]);
    const again = await mapJobs(failed, ({ input }) => input.length, { settle: true });
    expect(again.map((outcome) => outcome.status === "fulfilled" && outcome.value)).toEqual([3, 5]);
  });

  it("keeps all outcomes if the inputs fail, and lets the jobs that have started end", async () => {
    const unreadable = Object.assign(new Error("row 3 cannot be read"), { retryable: false });
    function* broken(): Generator<string> {
      yield* ["a", "bad", "c"];
      throw unreadable;
    }
    const gate = Promise.withResolvers<void>();
    const signals: AbortSignal[] = [];
    const load = async (input: string, { signal }: JobContext): Promise<string> => {
      signals.push(signal);
      if (signals.length === 3) setImmediate(gate.resolve);
      await gate.promise;
      if (input === "bad") throw new Error("not this");
      return input.toUpperCase();
    };
    const retry = { attempts: 2, delay: 0 };
    const sources = [broken(), Readable.from(broken()) as AsyncIterable<string>];
    for (const inputs of sources) {
      signals.length = 0;
      // oxlint-disable-next-line no-await-in-loop -- one after another
      const error = await mapJobs(inputs, load, { settle: true, retry }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InputsError);
      expect(error).toMatchObject({
        message:
          "the inputs failed after 3 of them: Error: row 3 cannot be read; their outcomes are in outcomes",
        cause: unreadable,
        retryable: false,
        outcomes: [
          { status: "fulfilled", value: "A" },
          { status: "rejected", reason: new Error("not this"), index: 1, input: "bad" },
          { status: "fulfilled", value: "C" },
        ],
      });
      // With the second attempt, which began after the failure of the inputs.
      expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false, false]);
      expect(inspect(error)).not.toContain("fulfilled");
    }
  });

  it("keeps more outcomes than a block of results has", async () => {
    function* broken(): Generator<number> {
      for (let n = 0; n < 10_000; n++) yield n;
      throw new Error("no more");
    }
    const error = await mapJobs(broken(), (n) => n, { settle: true }).catch((thrown: unknown) => thrown);
    const { outcomes } = error as InputsError<number, number>;
    expect(outcomes).toHaveLength(10_000);
    expect(outcomes.at(-1)).toEqual({ status: "fulfilled", value: 9999 });
  });

  it("has no outcomes to keep if the first input fails", async () => {
    const inputs = { [Symbol.iterator]: () => ({ next: () => 1 as never }) };
    await expect(runJobs(inputs, { settle: true })).rejects.toMatchObject({
      name: "InputsError",
      message: expect.stringMatching(
        /^the inputs failed after 0 of them: TypeError: the iterator of the inputs must/,
      ),
      outcomes: [],
    });
  });

  it("throws the signal's reason if it is aborted after the inputs have failed", async () => {
    const controller = new AbortController();
    function* broken(): Generator<number> {
      yield 1;
      setImmediate(() => controller.abort(new Error("enough")));
      throw new Error("no more");
    }
    const run = mapJobs(broken(), (_, job) => untilAborted(job), {
      settle: true,
      signal: controller.signal,
    });
    await expect(run).rejects.toThrow("enough");
  });

  it("is stopped by the signal, also right after the call", async () => {
    const controller = new AbortController();
    const run = runJobs([untilAborted], { settle: true, signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(run).rejects.toThrow("enough");
  });
});

describe("runJobs with invalid arguments", () => {
  it.each([0, -1, 1.5, Number.NaN])("workers: %s is a RangeError", async (workers) => {
    const job = vi.fn();
    await expect(runJobs([job], { workers })).rejects.toThrow(
      new RangeError(`workers must be a whole number from 1, not ${workers}`),
    );
    expect(job).not.toHaveBeenCalled();
  });

  it.each([
    [
      "workers",
      { workers: "4" },
      TypeError,
      'workers must be a number, a Semaphore or an AdaptiveLimiter, not the string "4"',
    ],
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
      "callbackManager must be a CallbackManager, not an object (DebugHandler); wrap a handler in one: new Call",
    ],
    [
      "the class in place of a limiter",
      { workers: AdaptiveLimiter },
      TypeError,
      "workers must be a number, a Semaphore or an AdaptiveLimiter, not a function; make one: new AdaptiveLimiter()",
    ],
    [
      "the class in place of a rate limiter",
      { rate: RateLimiter },
      TypeError,
      "rate must be a RateLimiter, such as new RateLimiter({ requests: { limit: 10, interval: 1000 } }), not the class itself",
    ],
    [
      "rate",
      { rate: 5 },
      TypeError,
      "rate must be a RateLimiter, such as new RateLimiter({ requests: { limit: 10, interval: 1000 } }), not number 5",
    ],
    [
      "rate",
      { rate: { requests: 5 } },
      TypeError,
      "rate must be a RateLimiter, such as new RateLimiter({ requests: { limit: 10, interval: 1000 } }), not an object (Object)",
    ],
    [
      "rate",
      { rate: new Semaphore(2) },
      TypeError,
      "rate must be a RateLimiter, such as new RateLimiter({ requests: { limit: 10, interval: 1000 } }), not an object (Semaphore); pass it as workers",
    ],
    [
      "rate",
      { rate: new AdaptiveLimiter() },
      TypeError,
      "rate must be a RateLimiter, such as new RateLimiter({ requests: { limit: 10, interval: 1000 } }), not an object (AdaptiveLimiter); pass it as workers",
    ],
    [
      "retry",
      { retry: 3 },
      TypeError,
      "retry must be an object, such as { attempts: 3 }, or { attempts: 1 } for no retries, not number 3",
    ],
    [
      "retry",
      { retry: false },
      TypeError,
      "retry must be an object, such as { attempts: 3 }, or { attempts: 1 } for no retries, not boolean false",
    ],
    [
      "rate without tokens",
      { rate: new RateLimiter({ tokens: { limit: 5, interval: 1000 } }) },
      TypeError,
      "rate limits tokens, but the option tokens is missing, so no job would take any. Pass an estimate, such as tokens: " +
        "(text) => Math.ceil(text.length / 4), or tokens: () => 0 if you know them only afterwards (context.lease.settle)",
    ],
    [
      "workers",
      { workers: new RateLimiter({ requests: { limit: 5, interval: 1000 } }) },
      TypeError,
      "workers must be a number, a Semaphore or an AdaptiveLimiter, not an object (RateLimiter); pass it as rate",
    ],
    ["workers", { workers: Semaphore }, TypeError, "not a function; make one: new Semaphore(4)"],
    [
      "retries",
      { retries: 3 },
      TypeError,
      "there is no option retries; pass retry: { attempts }, which counts",
    ],
    ["limiter", { limiter: {} }, TypeError, "there is no option limiter; pass it as rate, or as workers if"],
    ["retry", { retry: { attempts: 0 } }, RangeError, "attempts must be a whole number from 1, not 0"],
    ["timeout", { timeout: "1s" }, TypeError, "timeout must be a number of milliseconds"],
    ["onProgress", { onProgress: 1 }, TypeError, "onProgress must be a function, not number 1"],
    ["grace", { grace: -1 }, RangeError, "grace must be 0 or more milliseconds, not -1"],
    ["grace", { grace: "1s" }, TypeError, "grace must be a number of milliseconds"],
    ["total", { total: -1 }, RangeError, "total must be a whole number from 0, not -1"],
    ["signal", { signal: {} }, TypeError, "signal must be an AbortSignal, not an object (Object)"],
    [
      "signal",
      { signal: new AbortController() },
      TypeError,
      "signal must be an AbortSignal, not an object (AbortController): pass its signal",
    ],
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

  it("refuses a promise as a job, starts nothing, and handles the rejection of the promise", async () => {
    const job = vi.fn();
    const started = Promise.reject(new Error("started"));
    await expect(runJobs([job, started as never])).rejects.toThrow(
      "jobs[1] is a promise, whose work has already started; pass a function that starts it: () => promise",
    );
    expect(job).not.toHaveBeenCalled();
    await expect(runJobs([7 as never])).rejects.toThrow("jobs[0] must be a function, not number 7");
  });

  it.each([7, null, undefined, {}, "text"])("refuses inputs that are not iterable: %s", async (inputs) => {
    await expect(runJobs(inputs as never)).rejects.toThrow(/must be an iterable or an async iterable/);
  });

  it("refuses a mapper that is not a function", async () => {
    await expect(mapJobs([1], 5 as never)).rejects.toThrow("the mapper must be a function, not number 5");
  });
});
