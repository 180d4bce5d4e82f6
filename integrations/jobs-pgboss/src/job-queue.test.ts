import { RateLimiter } from "@llx/async";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { expect, it, vi } from "vitest";
import { z } from "zod";
import { defineJob } from "./index.ts";
import { all, describeEachQueue, gate, soon } from "./testing/each-queue.ts";

const atOnce = { attempts: 3, delay: 0 };

describeEachQueue("a job queue", (fixture) => {
  it("runs jobs and returns their results", async () => {
    const job = defineJob(fixture.newName(), {
      schema: z.object({ n: z.number() }),
      handler: ({ n }, { id, key, attempt }) => ({ square: n * n, id, key: key ?? null, attempt }),
    });
    const { jobs, created, existing } = await fixture.queue.enqueue(job, [{ n: 2 }, { n: 3 }], {
      key: ({ n }, at) => `${n}@${at}`,
    });
    expect({ created, existing }).toEqual({ created: 2, existing: 0 });
    expect(jobs).toEqual([
      { id: expect.any(String), key: "2@0", created: true },
      { id: expect.any(String), key: "3@1", created: true },
    ]);
    expect(await fixture.queue.counts(job)).toMatchObject({ waiting: 2, running: 0, done: 0, failed: 0 });
    await fixture.work(job).idle();
    expect(await fixture.queue.counts(job)).toMatchObject({ waiting: 0, running: 0, done: 2, failed: 0 });
    const results = await all(fixture.queue.results(job));
    expect(results.toSorted((a, b) => a.payload.n - b.payload.n)).toEqual(
      [2, 3].map((n, at) => ({
        id: jobs[at]!.id,
        key: `${n}@${at}`,
        payload: { n },
        attempts: 1,
        finishedAt: expect.any(Date),
        status: "done",
        result: { square: n * n, id: jobs[at]!.id, key: `${n}@${at}`, attempt: 1 },
      })),
    );
  });

  it("creates one job per key, whether it is waiting, done or failed, or twice in one call", async () => {
    const job = defineJob(fixture.newName(), {
      handler: (name: string) => {
        if (name === "bad") throw new Error("bad");
      },
      retry: { attempts: 1 },
    });
    const key = (name: string): string => name;
    const first = await fixture.queue.enqueue(job, ["a", "bad", "a"], { key });
    expect(first).toMatchObject({ created: 2, existing: 1 });
    expect(first.jobs.map(({ created }) => created)).toEqual([true, true, false]);
    expect(first.jobs[2]!.id).toBe(first.jobs[0]!.id);
    expect(await fixture.queue.enqueue(job, ["a", "b"], { key })).toMatchObject({ created: 1, existing: 1 });
    await fixture.work(job).idle();
    expect(await fixture.queue.enqueue(job, ["a", "b", "bad"], { key })).toMatchObject({
      created: 0,
      existing: 3,
    });
    expect(await fixture.queue.counts(job)).toMatchObject({ waiting: 0, running: 0, done: 2, failed: 1 });
  });

  it("creates one job per key if several calls store it at once", async () => {
    const job = defineJob(fixture.newName(), { handler: () => 1 });
    const numbers = Array.from({ length: 500 }, (_, at) => at);
    const calls = [numbers, numbers.toReversed(), numbers].map((payloads) =>
      fixture.queue.enqueue(job, payloads, { key: String }),
    );
    const outcomes = await Promise.all(calls);
    expect(outcomes.reduce((sum, { created }) => sum + created, 0)).toBe(500);
    expect(await fixture.queue.counts(job)).toMatchObject({ waiting: 500 });
    // PostgreSQL takes a second to notice that two calls wait for each other, which may happen several times.
  }, 30_000);

  it("refuses invalid payloads, names the first, and stores none", async () => {
    const name = fixture.newName();
    const job = defineJob(name, { handler: (payload: unknown) => payload, maxPayload: 100 });
    const enqueue = (bad: unknown) => fixture.queue.enqueue(job, [{ fine: true }, bad]);
    await expect(enqueue({ n: Number.NaN })).rejects.toThrow(
      `payload 1 of job ${name} cannot be stored as JSON: n is number NaN`,
    );
    await expect(enqueue(undefined)).rejects.toThrow(TypeError);
    await expect(enqueue("x".repeat(99))).rejects.toThrow(
      `payload 1 of job ${name} takes 101 bytes as JSON, and 100 are allowed`,
    );
    await expect(fixture.queue.enqueue(job, [1], { key: () => "" })).rejects.toThrow(
      `the key of payload 0 of job ${name} must not be empty`,
    );
    const strict = defineJob(name, { schema: z.object({ n: z.number() }), handler: () => 1 });
    await expect(
      fixture.queue.enqueue(strict, [{ n: 1 }, { n: "2" } as unknown as { n: number }]),
    ).rejects.toThrow(`payload 1 of job ${name} does not fit its schema: n: `);
    expect(await fixture.queue.counts(job)).toMatchObject({ waiting: 0, running: 0, done: 0, failed: 0 });
  });

  it("retries a failed job up to its maximum of attempts", async () => {
    const attempts: number[] = [];
    const job = defineJob(fixture.newName(), {
      retry: atOnce,
      handler: (_: null, { attempt }) => {
        attempts.push(attempt);
        if (attempt < 3) throw new Error("not yet");
        return "at last";
      },
    });
    expect(await fixture.finish(job, [null])).toMatchObject([
      { status: "done", result: "at last", attempts: 3 },
    ]);
    expect(attempts).toEqual([1, 2, 3]);
  });

  it("keeps failed jobs, and redrives them on request", async () => {
    let broken = true;
    const job = defineJob(fixture.newName(), {
      retry: atOnce,
      handler: (name: string) => {
        if (broken) throw new RangeError(`no ${name}\0`);
        return name.length;
      },
    });
    const results = await fixture.finish(job, ["one", "three"]);
    expect(results.map(({ status, attempts }) => [status, attempts])).toEqual([
      ["failed", 3],
      ["failed", 3],
    ]);
    const dead = await all(fixture.queue.deadLetters(job));
    expect(new Map(dead.map(({ payload, error }) => [payload, `${error.name}: ${error.message}`]))).toEqual(
      new Map([
        ["one", "RangeError: no one\uFFFD"],
        ["three", "RangeError: no three\uFFFD"],
      ]),
    );
    broken = false;
    const three = dead.find(({ payload }) => payload === "three")!;
    expect(await fixture.queue.redrive(job, { ids: [three.id] })).toBe(1);
    await fixture.workers[0]!.idle();
    expect(await fixture.queue.counts(job)).toMatchObject({ waiting: 0, running: 0, done: 1, failed: 1 });
    expect(await fixture.queue.redrive(job)).toBe(1);
    await fixture.workers[0]!.idle();
    expect(
      new Set((await all(fixture.queue.results(job))).map((each) => each.status === "done" && each.result)),
    ).toEqual(new Set([3, 5]));
    expect(await all(fixture.queue.deadLetters(job))).toEqual([]);
  });

  it.each([
    [
      "an error that says so",
      () => Promise.reject(Object.assign(new Error("never"), { retryable: false })),
      "never",
    ],
    [
      "a result that is no JSON",
      () => ({ at: new Date(0) }),
      "cannot be stored as JSON: at is an object (Date)",
    ],
    ["a result too large", () => "x".repeat(200), "takes 202 bytes as JSON, and 200 are allowed"],
  ])("does not try again after %s", async (_, handler, message) => {
    const job = defineJob<null, unknown>(fixture.newName(), { retry: atOnce, maxPayload: 200, handler });
    expect(await fixture.finish(job, [null])).toMatchObject([
      { status: "failed", attempts: 1, error: { message: expect.stringContaining(message) } },
    ]);
  });

  it("survives any thrown value, also with a handler of events", async () => {
    const refuse = (): never => {
      throw new Error("not to be read");
    };
    const without = (property: string): Error =>
      Object.defineProperty(new RangeError("no room"), property, { get: refuse });
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const strange: unknown[] = [
      Object.create(null),
      Object.assign(new Error("m"), { name: Symbol("n") }),
      without("name"),
      without("message"),
      without("stack"),
      without("retryable"),
      { toString: refuse },
      proxy,
      undefined,
      null,
      Symbol("s"),
    ];
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    for (const manager of [undefined, callbackManager]) {
      const job = defineJob(fixture.newName(), {
        retry: { attempts: 1 },
        handler: (n: number) => {
          if (n in strange) throw strange[n];
          return n;
        },
      });
      await fixture.queue.enqueue(
        job,
        Array.from({ length: 2 * strange.length }, (_, n) => n),
      );
      fixture.work(job, { callbackManager: manager });
      const results = await all(fixture.queue.results(job, soon));
      const expected = Array.from({ length: 2 * strange.length }, (_, n) => [
        n,
        n in strange ? "failed" : "done",
      ]);
      expect(
        results.toSorted((a, b) => a.payload - b.payload).map(({ payload, status }) => [payload, status]),
      ).toEqual(expected);
      for (const result of results) {
        if (result.status === "failed") expect(result.error.message).toEqual(expect.any(String));
      }
      await fixture.workers.pop()!.aclose();
    }
    expect(debug.getEventTimeInfo("async_job")).toMatchObject({
      count: 2 * strange.length,
      errors: strange.length,
    });
    expect(debug.toJSON().events).toHaveLength(2 * strange.length);
  });

  it("aborts an attempt that takes too long", async () => {
    const job = defineJob(fixture.newName(), {
      retry: { attempts: 1 },
      timeout: 20,
      handler: (_: null, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
    expect(await fixture.finish(job, [null])).toMatchObject([
      { status: "failed", error: { name: "TimeoutError" } },
    ]);
  });

  it("asks the rate limiter for each attempt", async () => {
    const rate = new RateLimiter({ requests: { limit: 10, interval: 3_600_000 } });
    const job = defineJob(fixture.newName(), {
      rate,
      retry: atOnce,
      handler: (_: number, { attempt }) => {
        if (attempt < 2) throw new Error("again");
      },
    });
    expect(await fixture.finish(job, [1, 2, 3])).toHaveLength(3);
    expect(rate.tryAcquire({ tokens: 0 })).toBeDefined();
    const left = Array.from({ length: 4 }, () => rate.tryAcquire() !== undefined);
    expect(left).toEqual([true, true, true, false]); // 6 attempts, and the one above
  });

  it("finishes running jobs when it is closed", async () => {
    const { open, pass, reached } = gate();
    const job = defineJob(fixture.newName(), { handler: async (n: number) => (await pass(), n) });
    await fixture.queue.enqueue(job, [1, 2, 3]);
    const worker = fixture.work(job, { workers: 1, grace: Number.POSITIVE_INFINITY });
    await reached;
    const closing = worker.aclose();
    expect(worker.closed).toBe(true);
    open();
    await Promise.all([closing, worker.aclose(), worker.done]);
    expect(await fixture.queue.counts(job)).toMatchObject({ waiting: 2, running: 0, done: 1, failed: 0 });
    await expect(worker.idle()).rejects.toThrow("the job worker is closed");
  });

  it.each(["its grace is over", "its signal is aborted"])("hands back running jobs when %s", async (why) => {
    const { pass, reached } = gate();
    const controller = new AbortController();
    const reasons: unknown[] = [];
    let blocked = true;
    const job = defineJob(fixture.newName(), {
      handler: async (n: number, { signal, attempt }) => {
        signal.addEventListener("abort", () => reasons.push((signal.reason as Error).message));
        if (blocked)
          await Promise.race([pass(), new Promise((resolve) => signal.addEventListener("abort", resolve))]);
        return [n, attempt];
      },
    });
    await fixture.queue.enqueue(job, [7]);
    const worker = fixture.work(job, {
      grace: why.includes("grace") ? 0 : 60_000,
      signal: controller.signal,
    });
    await reached;
    if (why.includes("signal")) controller.abort();
    else void worker.aclose();
    await worker.done;
    expect(reasons).toEqual(["the job was handed back"]);
    expect(await fixture.queue.counts(job)).toMatchObject({ waiting: 1, running: 0, done: 0, failed: 0 });
    blocked = false;
    await fixture.work(job).idle();
    expect(await all(fixture.queue.results(job))).toMatchObject([{ result: [7, 1] }]); // still the first attempt
  });

  it("emits an event for each attempt, in the trace that enqueued the job", async () => {
    const debug = new DebugHandler();
    const manager = new CallbackManager({ handlers: [debug] });
    const job = defineJob(fixture.newName(), {
      retry: atOnce,
      handler: (name: string, { attempt }) =>
        manager.event("query", () => {
          if (name === "b" && attempt === 1) throw new Error("again");
        }),
    });
    await manager.asTrace("nightly", () => fixture.queue.enqueue(job, ["a", "b"]));
    await fixture.work(job, { callbackManager: manager }).idle();
    const { events } = debug.toJSON();
    const jobEvents = events.filter(({ type }) => type === "async_job");
    expect(jobEvents.map(({ traceName, status }) => `${traceName} ${status}`).toSorted()).toEqual([
      "nightly error",
      "nightly ok",
      "nightly ok",
    ]);
    const parents = new Set(jobEvents.map(({ id }) => id));
    const queries = events.filter(({ type }) => type === "query");
    expect(queries).toHaveLength(3);
    expect(queries.every(({ parentId }) => parents.has(parentId!))).toBe(true);
  });

  it("shows running jobs and their progress", async () => {
    const { open, pass } = gate();
    const job = defineJob(fixture.newName(), {
      handler: async (_: string, { progress }) => {
        progress({ page: 1 });
        progress({ page: 2 });
        expect(() => progress(undefined)).toThrow("the progress of job ");
        await pass();
      },
    });
    await fixture.queue.enqueue(job, ["book"], { key: () => "k" });
    fixture.work(job);
    await vi.waitFor(
      async () =>
        expect(await fixture.queue.running(job)).toEqual([
          {
            id: expect.any(String),
            key: "k",
            payload: "book",
            attempt: 1,
            startedAt: expect.any(Date),
            progress: { page: 2 },
          },
        ]),
      { timeout: 30_000 },
    );
    open();
    await fixture.workers[0]!.idle();
    expect(await fixture.queue.running(job)).toEqual([]);
  }, 40_000);

  it("returns each result once, while others are still pending", async () => {
    const { open, pass } = gate();
    const job = defineJob(fixture.newName(), {
      handler: async (n: number) => (n === 0 ? (await pass(), n) : n),
    });
    await fixture.queue.enqueue(
      job,
      Array.from({ length: 250 }, (_, at) => at),
    );
    fixture.work(job, { workers: 2 });
    const seen: number[] = [];
    for await (const each of fixture.queue.results(job, soon)) {
      seen.push(each.payload);
      if (seen.length === 249) open();
    }
    expect(seen.at(-1)).toBe(0);
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 250 }, (_, at) => at));
  });

  // PostgreSQL shows results a second late: it is asked again and again.
  it.runIf(fixture.kind === "embedded")(
    "hands out what has finished while the last one was looked at",
    async () => {
      const { open, pass } = gate();
      const job = defineJob(fixture.newName(), {
        handler: async (n: number) => (n === 2 ? (await pass(), n) : n),
      });
      await fixture.queue.enqueue(job, [1, 2]);
      const worker = fixture.work(job, { workers: 1 });
      await vi.waitFor(async () =>
        expect(await fixture.queue.counts(job)).toMatchObject({ done: 1, running: 1 }),
      );
      const seen: number[] = [];
      for await (const { payload } of fixture.queue.results(job, { pollInterval: 3_600_000 })) {
        seen.push(payload);
        open();
        await worker.idle();
      }
      expect(seen).toEqual([1, 2]);
    },
  );

  it("stops waiting for results and for idleness on an abort", async () => {
    const job = defineJob(fixture.newName(), { handler: () => new Promise(() => {}), timeout: 3_600_000 });
    await fixture.queue.enqueue(job, [null]);
    const worker = fixture.work(job, { grace: 0 });
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(all(fixture.queue.results(job, { signal }))).rejects.toBe(reason);
    await expect(worker.idle({ signal })).rejects.toBe(reason);
    const controller = new AbortController();
    const reading = all(fixture.queue.results(job, { signal: controller.signal, pollInterval: 3_600_000 }));
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });

  it("refuses invalid arguments", async () => {
    const job = defineJob(fixture.newName(), { handler: () => 1 });
    expect(() => fixture.queue.work([])).toThrow(RangeError);
    expect(() => fixture.queue.work([job, job])).toThrow("two jobs of one name");
    expect(() => fixture.queue.work(job, { worker: 1 } as object)).toThrow(
      "there is no option worker; did you mean workers?",
    );
    await expect(fixture.queue.enqueue(job, [], { keys: () => "" } as object)).rejects.toThrow(
      "there is no option keys; did you mean key?",
    );
    await expect(fixture.queue.results(job, { pollintervall: 1 } as object).next()).rejects.toThrow(
      "there is no option pollintervall; did you mean pollInterval?",
    );
    expect(() => fixture.queue.work(job, { workers: 0 })).toThrow(
      "workers must be a whole number from 1, not 0",
    );
    expect(() => fixture.queue.work(job, { grace: -1 })).toThrow(
      "grace must be 0 or more milliseconds, not -1",
    );
    expect(() => fixture.queue.work({} as typeof job)).toThrow(TypeError);
    await expect(fixture.queue.enqueue(job, "text" as unknown as never[])).rejects.toThrow(
      `the payloads of ${job.name} must be an array, not a string`,
    );
    await expect(fixture.queue.enqueue(job, [], { priority: 0.5 })).rejects.toThrow(RangeError);
    await expect(fixture.queue.enqueue(job, [], { priority: 2 ** 31 })).rejects.toThrow(
      "priority must be a whole number from -2147483648 to 2147483647, not 2147483648",
    );
    await expect(fixture.queue.counts(undefined as unknown as typeof job)).rejects.toThrow(
      "a job must be created by defineJob, not be undefined",
    );
  });
});
