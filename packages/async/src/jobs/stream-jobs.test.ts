import { AsyncLocalStorage } from "node:async_hooks";
import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { AdaptiveLimiter, type Job, type JobContext, runJobs, Semaphore, streamJobs } from "../index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await turn();
}

/** Jobs that end when their gate is opened. */
function gated(count: number): {
  gates: PromiseWithResolvers<number>[];
  jobs: Job<number>[];
  started: () => number;
} {
  let started = 0;
  const gates = Array.from({ length: count }, () => Promise.withResolvers<number>());
  const jobs = gates.map(({ promise }) => () => {
    started++;
    return promise;
  });
  return { gates, jobs, started: () => started };
}

describe("streamJobs", () => {
  it("grows with an adaptive limiter, beyond what its first limit would buffer", async () => {
    const workers = new AdaptiveLimiter({ initial: 1, max: 40 });
    let running = 0;
    let most = 0;
    const jobs = Array.from({ length: 2000 }, (_, n) => async () => {
      most = Math.max(most, ++running);
      await turn();
      running--;
      return n;
    });
    let next = 0;
    for await (const n of streamJobs(jobs, { workers })) expect(n).toBe(next++);
    expect([next, most, workers.max]).toEqual([2000, 40, 40]);
  });

  it("shows no progress of a run that cannot start", async () => {
    const shown: string[] = [];
    const showProgress = {
      start: () => void shown.push("start"),
      advance: () => {},
      stop: () => void shown.push("stop"),
    };
    const broken: Iterable<Job<number>> = {
      [Symbol.iterator]() {
        throw new Error("locked");
      },
    };
    await expect(streamJobs(broken, { showProgress }).next()).rejects.toThrow("locked");
    await expect(runJobs(broken, { showProgress })).rejects.toThrow("locked");
    expect(shown).toEqual([]);
  });

  it("yields results in the order of the jobs", async () => {
    const { gates, jobs } = gated(3);
    const stream = streamJobs(jobs);
    const first = stream.next();
    gates[2]!.resolve(2);
    gates[1]!.resolve(1);
    await turn();
    gates[0]!.resolve(0);
    expect(await first).toEqual({ done: false, value: 0 });
    expect(await Array.fromAsync(stream)).toEqual([1, 2]);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it("yields results as they complete, with their index, with ordered: false", async () => {
    const { gates, jobs } = gated(3);
    const stream = streamJobs(jobs, { ordered: false });
    const first = stream.next();
    gates[2]!.resolve(20);
    expect(await first).toEqual({ done: false, value: { index: 2, value: 20 } });
    gates[0]!.resolve(0);
    await turn();
    gates[1]!.resolve(10);
    expect(await Array.fromAsync(stream)).toEqual([
      { index: 0, value: 0 },
      { index: 1, value: 10 },
    ]);
  });

  it("accepts undefined results, and jobs that return no promise", async () => {
    expect(await Array.fromAsync(streamJobs<unknown>([() => undefined, () => null, () => 3]))).toEqual([
      undefined,
      null,
      3,
    ]);
    expect(await Array.fromAsync(streamJobs([]))).toEqual([]);
  });

  it("starts nothing before the first result is requested", async () => {
    const { jobs, started } = gated(3);
    const stream = streamJobs(jobs);
    await turns(2);
    expect(started()).toBe(0);
    void stream.next();
    await turns(2);
    expect(started()).toBe(3);
  });

  it("serves several concurrent next() calls in turn", async () => {
    const stream = streamJobs([() => "a", () => "b"]);
    expect(await Promise.all([stream.next(), stream.next(), stream.next(), stream.next()])).toEqual([
      { done: false, value: "a" },
      { done: false, value: "b" },
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
  });

  it("starts no more jobs than it has room for, running and waiting to be taken", async () => {
    let started = 0;
    function* endless(): Generator<Job<number>> {
      while (true) yield async () => started++;
    }
    const stream = streamJobs(endless(), { workers: 2, buffer: 6 });
    await stream.next();
    await turns(5);
    // One is taken; eight may be outstanding.
    expect(started).toBe(9);
    for (let n = 0; n < 100; n++) await stream.next();
    await turns(5);
    expect(started).toBeGreaterThan(100);
    expect(started).toBeLessThanOrEqual(109);
    await stream.return();
    await turns(5);
    expect(started).toBeLessThanOrEqual(109);
  });

  it("has room for 8 × workers by default, so that one slow job does not hold up the others", async () => {
    const { gates, jobs, started } = gated(100);
    for (const { resolve } of gates.slice(1)) resolve(1);
    const stream = streamJobs(jobs, { workers: 3 });
    const first = stream.next();
    await turns(5);
    expect(started()).toBe(27);
    gates[0]!.resolve(0);
    expect((await first).value).toBe(0);
    expect(await Array.fromAsync(stream)).toHaveLength(99);
  });

  it("runs jobs in the async context of its creator, whoever calls next()", async () => {
    const request = new AsyncLocalStorage<string>();
    function* jobs(): Generator<Job<string | undefined>> {
      for (let n = 0; n < 20; n++) {
        yield async () => {
          await turn();
          return request.getStore();
        };
      }
    }
    const stream = request.run("maker", () => streamJobs(jobs(), { workers: 2, buffer: 1 }));
    const seen = await request.run("consumer", () => Array.fromAsync(stream));
    expect(new Set(seen)).toEqual(new Set(["maker"]));
    expect(seen).toHaveLength(20);
  });

  it("shares a semaphore with other calls", async () => {
    const semaphore = new Semaphore(2);
    let running = 0;
    let most = 0;
    const jobs = Array.from({ length: 10 }, (_, index) => async () => {
      most = Math.max(most, ++running);
      await turn();
      running--;
      return index;
    });
    const both = await Promise.all([
      Array.fromAsync(streamJobs(jobs, { workers: semaphore })),
      Array.fromAsync(streamJobs(jobs, { workers: semaphore })),
    ]);
    expect(both.flat()).toEqual([...jobs.keys(), ...jobs.keys()]);
    expect(most).toBe(2);
    expect(semaphore.available).toBe(2);
  });
});

describe("the first failure of a stream", () => {
  it("is thrown after the results before it, once the other jobs are done", async () => {
    const error = new Error("third");
    let siblingDone = false;
    const stream = streamJobs([
      async () => "first",
      async () => "second",
      () => Promise.reject(error),
      async ({ signal }: JobContext) => {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        await turn();
        siblingDone = true;
        return "fourth";
      },
    ]);
    expect((await stream.next()).value).toBe("first");
    await turns(5);
    expect((await stream.next()).value).toBe("second");
    await expect(stream.next()).rejects.toBe(error);
    expect(siblingDone).toBe(true);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it("rejects the first pending next(); the others get the end", async () => {
    const stream = streamJobs([() => Promise.reject(undefined)]);
    const [first, second] = await Promise.allSettled([stream.next(), stream.next()]);
    expect(first).toEqual({ status: "rejected", reason: undefined });
    expect(second).toEqual({ status: "fulfilled", value: { done: true, value: undefined } });
  });

  it("may be an abort: the signal's reason is thrown", async () => {
    const controller = new AbortController();
    const jobs = [
      ({ signal }: JobContext): Promise<never> =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    ];
    const stream = streamJobs(jobs, { signal: controller.signal });
    const first = stream.next();
    await turn();
    controller.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    const late = streamJobs(jobs, { signal: controller.signal });
    await expect(late.next()).rejects.toThrow("enough");
  });
});

describe("an abort of a stream", () => {
  it("while it waits for room yields the available results, then throws its reason, and leaves nothing behind", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    let started = 0;
    let closed = false;
    function* endless(): Generator<Job<number>> {
      try {
        while (true) yield async () => started++;
      } finally {
        closed = true;
      }
    }
    const stream = streamJobs(endless(), { workers: 1, buffer: 2, signal });
    expect((await stream.next()).value).toBe(0);
    await turns(3);
    expect(started).toBe(4);
    const reason = new Error("enough");
    controller.abort(reason);
    await turns(1);
    expect(closed).toBe(true);
    expect([(await stream.next()).value, (await stream.next()).value, (await stream.next()).value]).toEqual([
      1, 2, 3,
    ]);
    await expect(stream.next()).rejects.toBe(reason);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("leaving a stream early", () => {
  it("aborts and awaits the running jobs, and closes the inputs", async () => {
    const log: string[] = [];
    function* jobs(): Generator<Job<number>> {
      try {
        yield async () => 0;
        while (true) {
          yield async ({ signal }) => {
            await new Promise((resolve) => signal.addEventListener("abort", resolve));
            log.push(String(signal.reason));
            return 1;
          };
        }
      } finally {
        log.push("closed");
      }
    }
    for await (const value of streamJobs(jobs(), { workers: 2, buffer: 1 })) {
      expect(value).toBe(0);
      break;
    }
    expect(log.toSorted()).toEqual([
      "AbortError: the consumer left the stream of results early",
      "AbortError: the consumer left the stream of results early",
      "closed",
    ]);
  });

  it("before the first result is requested starts nothing", async () => {
    let touched = false;
    const jobs = {
      [Symbol.iterator](): Iterator<Job<number>> {
        touched = true;
        return [() => 1][Symbol.iterator]();
      },
    };
    const stream = streamJobs(jobs);
    expect(await stream.return()).toEqual({ done: true, value: undefined });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(touched).toBe(false);
  });

  it("while it opens stops its progress", async () => {
    const calls: string[] = [];
    const stream = streamJobs([() => 1], {
      showProgress: {
        start: () => void calls.push("start"),
        advance: () => void calls.push("advance"),
        stop: () => void calls.push("stop"),
      },
    });
    const first = stream.next();
    await stream.return();
    expect(await first).toEqual({ done: true, value: undefined });
    expect(calls).toEqual(["start", "stop"]);
  });

  it("with an error throws that error", async () => {
    const stream = streamJobs([() => 1, () => 2]);
    await stream.next();
    await expect(stream.throw(new Error("mine"))).rejects.toThrow("mine");
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });
});

describe("invalid arguments of a stream", () => {
  it.each([
    ["workers", [], { workers: 0 }, "workers must be a whole number from 1, not 0"],
    ["buffer", [], { buffer: -1 }, "buffer must be a whole number from 0, not -1"],
    ["buffer", [], { buffer: 1.5 }, "buffer must be a whole number from 0, not 1.5"],
    ["inputs", 5, {}, "the inputs must be an iterable or an async iterable, not number 5"],
    ["jobs", [3], {}, "jobs[0] must be a function, not number 3"],
  ])("%s throw at once", (_what, jobs, options, message) => {
    expect(() => streamJobs(jobs as never, options)).toThrow(message);
  });
});

describe("streamJobs with settle", () => {
  it("yields each outcome in order, and continues after failures", async () => {
    const failure = new Error("no");
    const jobs = [() => 1, () => Promise.reject(failure), () => 3];
    const outcomes: unknown[] = [];
    for await (const outcome of streamJobs(jobs, { settle: true, workers: 2 })) outcomes.push(outcome);
    expect(outcomes).toEqual([
      { status: "fulfilled", value: 1 },
      { status: "rejected", reason: failure, index: 1, input: jobs[1] },
      { status: "fulfilled", value: 3 },
    ]);
  });

  it("yields the outcomes of all jobs that have started before it throws what the inputs have thrown", async () => {
    const error = new Error("no more jobs");
    const gate = Promise.withResolvers<number>();
    const signals: AbortSignal[] = [];
    function* broken(): Generator<Job<number>> {
      yield () => 1;
      yield ({ signal }) => {
        signals.push(signal);
        setImmediate(() => gate.resolve(2));
        return gate.promise;
      };
      throw error;
    }
    const stream = streamJobs(broken(), { settle: true });
    expect(await stream.next()).toEqual({ done: false, value: { status: "fulfilled", value: 1 } });
    expect(await stream.next()).toEqual({ done: false, value: { status: "fulfilled", value: 2 } });
    await expect(stream.next()).rejects.toBe(error);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(signals[0]?.aborted).toBe(false);
  });

  it("yields the index of each outcome with ordered: false", async () => {
    const gate = Promise.withResolvers<void>();
    const jobs = [() => gate.promise, () => Promise.reject(new Error("no"))];
    const stream = streamJobs(jobs, { settle: true, ordered: false });
    expect(await stream.next()).toMatchObject({ value: { index: 1, value: { status: "rejected" } } });
    gate.resolve();
    expect(await stream.next()).toMatchObject({ value: { index: 0, value: { status: "fulfilled" } } });
    expect(await stream.next()).toMatchObject({ done: true });
  });
});
