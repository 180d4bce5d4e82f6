import { CallbackManager, DebugHandler } from "@llx/callbacks";
import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { type JobContext, mapJobs, retry as retryAlone, runJobs, Semaphore, streamJobs } from "../index.ts";
import { useFakeTime } from "../../../../tests/fake-time.ts";

useFakeTime();

const busy = new Error("busy");

function assertNever(): never {
  throw new Error("a mistake");
}

/** A job whose first attempts fail. */
const failsTimes =
  (times: number) =>
  async ({ index, attempt }: JobContext): Promise<string> => {
    if (attempt <= times) throw busy;
    return `${index}: attempt ${attempt}`;
  };

describe("jobs that are retried", () => {
  it.each([1, 3])(
    "do not wait for a slow source, and what comes meanwhile is not lost: %d workers",
    async (workers) => {
      const more = Promise.withResolvers<void>();
      async function* source(): AsyncGenerator<number> {
        yield 0;
        await more.promise;
        yield 1;
        yield 2;
      }
      const log: string[] = [];
      const second = Promise.withResolvers<void>();
      const results = mapJobs(
        source(),
        async (_input, { index, attempt }) => {
          log.push(`${index}/${attempt}`);
          if (index === 0 && attempt === 1) throw busy;
          if (index === 0) await second.promise;
          return index;
        },
        { workers, retry: { delay: 10, attempts: 2 } },
      );
      await vi.advanceTimersByTimeAsync(10);
      expect(log).toEqual(["0/1", "0/2"]);
      more.resolve();
      await vi.advanceTimersByTimeAsync(0);
      // With one worker, the input that has arrived waits for the slot.
      expect(log).toHaveLength(workers === 1 ? 2 : 4);
      second.resolve();
      expect(await results).toEqual([0, 1, 2]);
      expect(log.toSorted()).toEqual(["0/1", "0/2", "1/1", "2/1"]);
    },
  );

  it("start no attempt while the last one, which was timed out, still runs", async () => {
    const log: string[] = [];
    const start = performance.now();
    const results = mapJobs(
      ["deaf", "quick"],
      async (name, { attempt }) => {
        log.push(`${name} ${attempt} starts at ${performance.now() - start}`);
        if (name === "quick") return name;
        // It ignores its signal.
        await new Promise((resolve) => setTimeout(resolve, attempt === 1 ? 800 : 20));
        log.push(`${name} ${attempt} ends at ${performance.now() - start}`);
        return `${name} ${attempt}`;
      },
      { workers: 5, timeout: 100, retry: { delay: 0 } },
    );
    await vi.runAllTimersAsync();
    expect(await results).toEqual(["deaf 2", "quick"]);
    expect(log).toEqual([
      "deaf 1 starts at 0",
      "quick 1 starts at 0",
      "deaf 1 ends at 800",
      "deaf 2 starts at 800",
      "deaf 2 ends at 820",
    ]);
  });

  it("start another attempt after the grace of one that never ends", async () => {
    const warnings = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const start = performance.now();
    const startedAt: number[] = [];
    const results = mapJobs(
      [1],
      async (input, { attempt }) => {
        startedAt.push(performance.now() - start);
        return attempt === 1 ? await new Promise<number>(() => {}) : input;
      },
      { timeout: 100, grace: 50, retry: { delay: 0 } },
    );
    await vi.runAllTimersAsync();
    expect(await results).toEqual([1]);
    expect(startedAt).toEqual([0, 150]);
    expect(warnings).toHaveBeenCalledOnce();
    warnings.mockRestore();
  });

  it("go on if onRetry rejects, and warn of it", async () => {
    const warnings = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    // TypeScript takes a promise for what may be ignored.
    const onRetry = (async () => {
      throw new Error("no log");
    }) as () => void;
    const results = runJobs([failsTimes(1)], { retry: { onRetry, delay: 10 } });
    await vi.runAllTimersAsync();
    expect(await results).toEqual(["0: attempt 2"]);
    expect(warnings.mock.calls).toEqual([
      [
        "onRetry has rejected: Error: no log. To end the attempts, throw at once, or use shouldRetry.",
        { type: "OnRetryFailed", code: "LLX_ON_RETRY_FAILED" },
      ],
    ]);
    warnings.mockRestore();
  });

  it("are reported to onRetry before each wait, with the index of the job", async () => {
    const onRetry = vi.fn();
    const results = runJobs([failsTimes(0), failsTimes(1)], { retry: { onRetry, delay: 10 } });
    await vi.runAllTimersAsync();
    expect(await results).toEqual(["0: attempt 1", "1: attempt 2"]);
    expect(onRetry.mock.calls).toEqual([[busy, { attempt: 1, wait: 10, refused: false, index: 1 }]]);
  });

  it("keep their order when streamed without a buffer, whichever ends first", async () => {
    async function* source(): AsyncGenerator<number> {
      for (let n = 0; n < 20; n++) {
        await new Promise((resolve) => setTimeout(resolve, (n * 7) % 5));
        yield n;
      }
    }
    async function* jobs(): AsyncGenerator<(context: JobContext) => Promise<string>> {
      for await (const _ of source()) yield failsTimes(1);
    }
    const stream = streamJobs(jobs(), { workers: 2, buffer: 0, retry: { delay: 3, attempts: 2 } });
    const all = (async () => {
      const results: string[] = [];
      for await (const result of stream) results.push(result);
      return results;
    })();
    await vi.runAllTimersAsync();
    expect(await all).toEqual(Array.from({ length: 20 }, (_, n) => `${n}: attempt 2`));
  });

  it("end their events, even if they are stopped before they are admitted again, or abandoned", async () => {
    vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const callbackManager = new CallbackManager({ handlers: [new DebugHandler()] });
    const workers = new Semaphore(1);
    const controller = new AbortController();
    const { signal } = controller;
    const retry = { delay: 5, attempts: 3 };
    const waiting = runJobs([failsTimes(9)], { workers, retry, signal, callbackManager });
    const hanging = mapJobs([0], () => new Promise(() => {}), { retry, signal, callbackManager, grace: 20 });
    const settled = Promise.allSettled([waiting, hanging]);
    await vi.advanceTimersByTimeAsync(0);
    const held = await workers.acquire();
    await vi.advanceTimersByTimeAsync(5);
    expect([workers.waiting, callbackManager.openEvents]).toEqual([1, 2]);
    controller.abort(new Error("enough"));
    await vi.advanceTimersByTimeAsync(20);
    expect((await settled).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    held.release();
    expect([callbackManager.openEvents, workers.available]).toEqual([0, 1]);
  });

  it("get more attempts, and their results are in order", async () => {
    const run = runJobs([failsTimes(1), failsTimes(0), failsTimes(2)], { retry: {} });
    await vi.runAllTimersAsync();
    expect(await run).toEqual(["0: attempt 2", "1: attempt 1", "2: attempt 3"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("fail with the last error as it is", async () => {
    const run = runJobs([failsTimes(5)], { retry: { attempts: 2 } }).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await run).toBe(busy);
  });

  it("free their slot for others while they wait", async () => {
    const log: string[] = [];
    const job =
      (name: string, fails: boolean) =>
      async ({ attempt }: JobContext) => {
        log.push(`${name}${attempt}`);
        if (fails && attempt === 1) throw busy;
      };
    const run = runJobs([job("a", true), job("b", false), job("c", false)], { workers: 1, retry: {} });
    await vi.advanceTimersByTimeAsync(499);
    expect(log).toEqual(["a1", "b1", "c1"]);
    await vi.advanceTimersByTimeAsync(1);
    await run;
    expect(log).toEqual(["a1", "b1", "c1", "a2"]);
  });

  it("are never more than twice the workers, running and waiting, while a service is down", async () => {
    let pulled = 0;
    let started = 0;
    function* million(): Generator<number> {
      for (; pulled < 1_000_000; pulled++) yield pulled;
    }
    const controller = new AbortController();
    const run = mapJobs(
      million(),
      async () => {
        started++;
        throw busy;
      },
      { workers: 5, retry: {}, signal: controller.signal },
    ).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(499);
    expect([started, pulled]).toEqual([10, 9]);
    controller.abort(new Error("enough"));
    expect(await run).toMatchObject({ message: "enough" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("all wait when a service asks to wait", async () => {
    const startedAt: number[] = [];
    const start = Date.now();
    const limited = Object.assign(new Error("429"), { retryAfter: 10_000 });
    const run = mapJobs(
      [0, 1, 2],
      async (n, { attempt }) => {
        startedAt.push(Date.now() - start);
        if (n === 0 && attempt === 1) throw limited;
      },
      { workers: 1, retry: {} },
    );
    await vi.runAllTimersAsync();
    await run;
    expect(startedAt).toEqual([0, 10_500, 10_500, 10_500]);
  });

  it("end their wait at once on an abort; after another failure, their own error is not lost", async () => {
    const error = new Error("for good");
    const run = runJobs(
      [
        failsTimes(1),
        async () => {
          await new Promise((resolve) => setTimeout(resolve, 100));
          throw Object.assign(error, { retryable: false });
        },
      ],
      { retry: {} },
    ).catch((reason: unknown) => reason);
    await vi.advanceTimersByTimeAsync(100);
    expect(await run).toBe(error);
    expect(error).toHaveProperty("siblingErrors", [{ index: 0, error: busy }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("may have timed out", async () => {
    const slow = ({ attempt, signal }: JobContext): Promise<string> =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => resolve("done"), attempt === 1 ? 10_000 : 10);
        signal.addEventListener("abort", () => {
          clearTimeout(timer);
          reject(signal.reason as Error);
        });
      });
    const run = runJobs([slow], { timeout: 100, retry: {} });
    await vi.advanceTimersByTimeAsync(1000);
    expect(await run).toEqual(["done"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("keep to totalTimeout over all attempts", async () => {
    const attempts: number[] = [];
    const job = (context: JobContext): Promise<string> => {
      attempts.push(context.attempt);
      return failsTimes(9)(context);
    };
    const run = runJobs([job], { retry: { attempts: 10, totalTimeout: 2000 } }).catch(
      (error: unknown) => error,
    );
    await vi.runAllTimersAsync();
    expect(await run).toBe(busy);
    // Waits of 500 and 1,000 ms fit, a further one of 2,000 ms does not.
    expect(attempts).toEqual([1, 2, 3]);
  });

  it("end at totalTimeout, also while an attempt runs", async () => {
    const aborted: unknown[] = [];
    const job = async ({ attempt, signal }: JobContext): Promise<string> => {
      if (attempt < 3) throw busy;
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          aborted.push(signal.reason);
          reject(signal.reason as Error);
        });
      });
    };
    const retry = { attempts: 10, totalTimeout: 2000 };
    const run = runJobs([() => "first", job], { retry, timeout: 1000, settle: true });
    await vi.advanceTimersByTimeAsync(2000);
    const [first, second] = await run;
    expect(first).toMatchObject({ value: "first" });
    expect(second).toMatchObject({ status: "rejected", reason: aborted[0], index: 1 });
    // Of the two attempts before, with waits of 500 and 1,000 ms, nothing is left but the last error.
    expect(aborted).toMatchObject([
      {
        name: "TimeoutError",
        message: "job 1 took longer than totalTimeout allows for all its attempts (2000 ms)",
        cause: busy,
      },
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("count as one in a stream, and in its progress", async () => {
    const told: number[] = [];
    const stream = streamJobs([failsTimes(2), failsTimes(0)], {
      retry: {},
      onProgress: ({ done }) => told.push(done),
    });
    const all = Array.fromAsync(stream);
    await vi.runAllTimersAsync();
    expect(await all).toEqual(["0: attempt 3", "1: attempt 1"]);
    expect(told).toEqual([1, 2]);
  });

  it("have one event each for all attempts, the parent of the events in them", async () => {
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    const attempt = failsTimes(1);
    const run = runJobs(
      [0, 1].map(
        () => (context: JobContext) => callbackManager.event("embedding", {}, () => attempt(context)),
      ),
      { retry: { attempts: 2 }, callbackManager },
    );
    await vi.runAllTimersAsync();
    await run;
    const jobs = debug.getEventPairs("async_job").map(([, end]) => end);
    expect(jobs.map(({ status, payload }) => [status, payload])).toEqual([
      ["ok", { index: 0 }],
      ["ok", { index: 1 }],
    ]);
    const attempts = debug.getEventPairs("embedding").map(([, end]) => end);
    expect(attempts.map(({ status }) => status)).toEqual(["error", "error", "ok", "ok"]);
    expect(new Set(attempts.map(({ parentId }) => parentId))).toEqual(new Set(jobs.map(({ id }) => id)));
    expect(callbackManager.openEvents).toBe(0);

    debug.flushEventLogs();
    const failing = runJobs([failsTimes(9), failsTimes(9)], { retry: { attempts: 2 }, callbackManager });
    const outcome = failing.catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await outcome).toBe(busy);
    expect(debug.getEventPairs("async_job").map(([, { status }]) => status)).toEqual(["error", "error"]);
    expect(callbackManager.openEvents).toBe(0);
  });

  it.each([
    ["shouldRetry", { shouldRetry: () => assertNever() }],
    ["retryAfter", { retryAfter: () => assertNever() }],
  ])("fail with what %s throws", async (_name, options) => {
    await expect(runJobs([failsTimes(1)], { retry: options })).rejects.toThrow("a mistake");
  });

  it.each<[string, object, string]>([
    [
      "shouldRetry",
      { shouldRetry: async () => false },
      "the result of shouldRetry must be true or false, not a promise",
    ],
    [
      "isRefusal",
      { isRefusal: async () => false },
      "the result of isRefusal must be true or false, not a promise",
    ],
    [
      "isRefusal",
      { isRefusal: async () => false, attempts: 1 },
      "the result of isRefusal must be true or false",
    ],
    [
      "retryAfter",
      { retryAfter: () => "2" },
      'the result of retryAfter must be a number of milliseconds, not the string "2"',
    ],
    [
      "retryAfter",
      { retryAfter: async () => 2 },
      "the result of retryAfter must be a number of milliseconds, not a promise",
    ],
    [
      "retryAfter",
      { retryAfter: () => new Date() as never },
      "the result of retryAfter must be a number of milliseconds, not an object (Date)",
    ],
    [
      "retryAfter",
      { retryAfter: () => Number.NaN },
      "the result of retryAfter must be 0 or more milliseconds, not NaN",
    ],
  ])("fail if %s returns what would have no effect: %o", async (_name, options, message) => {
    const job = vi.fn(async () => Promise.reject(busy));
    await expect(runJobs([job], { retry: options })).rejects.toThrow(message);
    await expect(retryAlone(job, options)).rejects.toMatchObject({
      message: expect.stringContaining(message) as string,
      cause: busy,
    });
    expect(job).toHaveBeenCalledTimes(2);
  });

  it("never run more than their workers, and each gets the attempts it needs", async () => {
    vi.mocked(Math.random).mockRestore();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ takes: fc.nat({ max: 30 }), fails: fc.nat({ max: 4 }) }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 5 }),
        async (plans, workers) => {
          let running = 0;
          let most = 0;
          const attempts = plans.map(() => 0);
          const run = mapJobs(
            plans,
            async ({ takes, fails }, { index, attempt }) => {
              most = Math.max(most, ++running);
              expect(attempt).toBe(++attempts[index]!);
              await new Promise((resolve) => setTimeout(resolve, takes));
              running--;
              if (attempt <= fails) throw busy;
              return attempt;
            },
            { workers, retry: { delay: 50 }, settle: true },
          );
          await vi.runAllTimersAsync();
          const outcomes = await run;
          expect(most).toBeLessThanOrEqual(workers);
          expect(outcomes).toEqual(
            plans.map((input, index) =>
              input.fails < 3
                ? { status: "fulfilled", value: input.fails + 1 }
                : { status: "rejected", reason: busy, index, input },
            ),
          );
          expect(vi.getTimerCount()).toBe(0);
        },
      ),
    );
  });
});
