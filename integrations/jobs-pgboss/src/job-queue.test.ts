import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { RateLimiter, Semaphore } from "@llx/async";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { hasPostgres, startPostgres, type TestPostgres } from "../../../tests/postgres.ts";
import {
  createJobQueue,
  defineJob,
  type FinishedJob,
  type JobDefinition,
  type JobQueue,
  type JobWorker,
} from "./index.ts";

const postgresIsThere = hasPostgres("jobs on PostgreSQL");
const soon = { pollInterval: 5 };
const atOnce = { attempts: 3, delay: 0 };
let postgres: TestPostgres | undefined;

beforeAll(async () => {
  if (postgresIsThere) postgres = await startPostgres();
}, 60_000);

afterAll(() => postgres?.close());

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(items);
}

/** A gate that jobs stop at until it is opened. */
function gate(): {
  open(): void;
  readonly opened: Promise<void>;
  readonly reached: Promise<void>;
  pass(): Promise<void>;
} {
  const opening = Promise.withResolvers<void>();
  const arrival = Promise.withResolvers<void>();
  return {
    open: () => opening.resolve(),
    opened: opening.promise,
    reached: arrival.promise,
    pass() {
      arrival.resolve();
      return opening.promise;
    },
  };
}

describe.each(["embedded", ...(postgresIsThere ? ["PostgreSQL"] : [])])("a queue that is %s", (kind) => {
  let queue: JobQueue;
  const workers: JobWorker[] = [];
  let names = 0;
  /** Each test has a kind of job of its own. */
  const newName = (): string => `job-${++names}`;

  beforeAll(async () => {
    queue = await createJobQueue(kind === "embedded" ? {} : { connectionString: postgres!.url });
  }, 60_000);

  afterEach(async () => {
    vi.restoreAllMocks();
    await Promise.all(workers.splice(0).map((worker) => worker.aclose()));
  });

  afterAll(() => queue.aclose());

  function work(...[jobs, options]: Parameters<JobQueue["work"]>): JobWorker {
    const worker = queue.work(jobs, { ...soon, ...options });
    workers.push(worker);
    return worker;
  }

  async function finish<P, R>(
    job: JobDefinition<P, R>,
    payloads: readonly P[],
  ): Promise<FinishedJob<P, R>[]> {
    await queue.enqueue(job, payloads);
    work(job);
    return all(queue.results(job, soon));
  }

  it("runs jobs and hands out their results", async () => {
    const job = defineJob(newName(), {
      schema: z.object({ n: z.number() }),
      handler: ({ n }, { id, key, attempt }) => ({ square: n * n, id, key: key ?? null, attempt }),
    });
    const { jobs, created, existing } = await queue.enqueue(job, [{ n: 2 }, { n: 3 }], {
      key: ({ n }, at) => `${n}@${at}`,
    });
    expect({ created, existing }).toEqual({ created: 2, existing: 0 });
    expect(jobs).toEqual([
      { id: expect.any(String), key: "2@0", created: true },
      { id: expect.any(String), key: "3@1", created: true },
    ]);
    expect(await queue.counts(job)).toEqual({ waiting: 2, running: 0, done: 0, failed: 0 });
    await work(job).idle();
    expect(await queue.counts(job)).toEqual({ waiting: 0, running: 0, done: 2, failed: 0 });
    const results = await all(queue.results(job));
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

  it("makes one job of a key, be it waiting, done or failed, and twice in one call", async () => {
    const job = defineJob(newName(), {
      handler: (name: string) => {
        if (name === "bad") throw new Error("bad");
      },
      retry: { attempts: 1 },
    });
    const key = (name: string): string => name;
    const first = await queue.enqueue(job, ["a", "bad", "a"], { key });
    expect(first).toMatchObject({ created: 2, existing: 1 });
    expect(first.jobs.map(({ created }) => created)).toEqual([true, true, false]);
    expect(first.jobs[2]!.id).toBe(first.jobs[0]!.id);
    expect(await queue.enqueue(job, ["a", "b"], { key })).toMatchObject({ created: 1, existing: 1 });
    await work(job).idle();
    expect(await queue.enqueue(job, ["a", "b", "bad"], { key })).toMatchObject({ created: 0, existing: 3 });
    expect(await queue.counts(job)).toEqual({ waiting: 0, running: 0, done: 2, failed: 1 });
  });

  it("makes one job of a key where several calls store it at once", async () => {
    const job = defineJob(newName(), { handler: () => 1 });
    const numbers = Array.from({ length: 500 }, (_, at) => at);
    const calls = [numbers, numbers.toReversed(), numbers].map((payloads) =>
      queue.enqueue(job, payloads, { key: String }),
    );
    const outcomes = await Promise.all(calls);
    expect(outcomes.reduce((sum, { created }) => sum + created, 0)).toBe(500);
    expect(await queue.counts(job)).toMatchObject({ waiting: 500 });
    // PostgreSQL takes a second to notice that two calls wait for each other, which may happen several times.
  }, 30_000);

  it("refuses payloads that cannot be, names the first, and stores none", async () => {
    const name = newName();
    const job = defineJob(name, { handler: (payload: unknown) => payload, maxPayload: 100 });
    const enqueue = (bad: unknown) => queue.enqueue(job, [{ fine: true }, bad]);
    await expect(enqueue({ n: Number.NaN })).rejects.toThrow(
      `payload 1 of job ${name} cannot be stored as JSON: n is number NaN`,
    );
    await expect(enqueue(undefined)).rejects.toThrow(TypeError);
    await expect(enqueue("x".repeat(99))).rejects.toThrow(
      `payload 1 of job ${name} takes 101 bytes as JSON, and 100 are allowed`,
    );
    await expect(queue.enqueue(job, [1], { key: () => "" })).rejects.toThrow(
      `the key of payload 0 of job ${name} must not be empty`,
    );
    const strict = defineJob(name, { schema: z.object({ n: z.number() }), handler: () => 1 });
    await expect(queue.enqueue(strict, [{ n: 1 }, { n: "2" } as unknown as { n: number }])).rejects.toThrow(
      `payload 1 of job ${name} does not fit its schema: n: `,
    );
    expect(await queue.counts(job)).toEqual({ waiting: 0, running: 0, done: 0, failed: 0 });
  });

  it("tries a failed job again, as often as it may", async () => {
    const attempts: number[] = [];
    const job = defineJob(newName(), {
      retry: atOnce,
      handler: (_: null, { attempt }) => {
        attempts.push(attempt);
        if (attempt < 3) throw new Error("not yet");
        return "at last";
      },
    });
    expect(await finish(job, [null])).toMatchObject([{ status: "done", result: "at last", attempts: 3 }]);
    expect(attempts).toEqual([1, 2, 3]);
  });

  it("keeps what has failed for good, and does it again when asked", async () => {
    let broken = true;
    const job = defineJob(newName(), {
      retry: atOnce,
      handler: (name: string) => {
        if (broken) throw new RangeError(`no ${name}\0`);
        return name.length;
      },
    });
    const results = await finish(job, ["one", "three"]);
    expect(results.map(({ status, attempts }) => [status, attempts])).toEqual([
      ["failed", 3],
      ["failed", 3],
    ]);
    const dead = await all(queue.deadLetters(job));
    expect(new Map(dead.map(({ payload, error }) => [payload, `${error.name}: ${error.message}`]))).toEqual(
      new Map([
        ["one", "RangeError: no one\uFFFD"],
        ["three", "RangeError: no three\uFFFD"],
      ]),
    );
    broken = false;
    const three = dead.find(({ payload }) => payload === "three")!;
    expect(await queue.redrive(job, [three.id])).toBe(1);
    await workers[0]!.idle();
    expect(await queue.counts(job)).toEqual({ waiting: 0, running: 0, done: 1, failed: 1 });
    expect(await queue.redrive(job)).toBe(1);
    await workers[0]!.idle();
    expect(
      new Set((await all(queue.results(job))).map((each) => each.status === "done" && each.result)),
    ).toEqual(new Set([3, 5]));
    expect(await all(queue.deadLetters(job))).toEqual([]);
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
    const job = defineJob<null, unknown>(newName(), { retry: atOnce, maxPayload: 200, handler });
    expect(await finish(job, [null])).toMatchObject([
      { status: "failed", attempts: 1, error: { message: expect.stringContaining(message) } },
    ]);
  });

  it("outlives what is thrown, whatever it is, also where somebody is told of it", async () => {
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
      const job = defineJob(newName(), {
        retry: { attempts: 1 },
        handler: (n: number) => {
          if (n in strange) throw strange[n];
          return n;
        },
      });
      await queue.enqueue(
        job,
        Array.from({ length: 2 * strange.length }, (_, n) => n),
      );
      work(job, { callbackManager: manager });
      const results = await all(queue.results(job, soon));
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
      await workers.pop()!.aclose();
    }
    expect(debug.getEventTimeInfo("async_job")).toMatchObject({
      count: 2 * strange.length,
      errors: strange.length,
    });
    expect(debug.toJSON().events).toHaveLength(2 * strange.length);
  });

  it("ends an attempt that takes too long", async () => {
    const job = defineJob(newName(), {
      retry: { attempts: 1 },
      timeout: 20,
      handler: (_: null, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
    expect(await finish(job, [null])).toMatchObject([{ status: "failed", error: { name: "TimeoutError" } }]);
  });

  it("asks the rate limiter for each attempt", async () => {
    const rateLimiter = new RateLimiter({ requests: { limit: 10, interval: 3_600_000 } });
    const job = defineJob(newName(), {
      rateLimiter,
      retry: atOnce,
      handler: (_: number, { attempt }) => {
        if (attempt < 2) throw new Error("again");
      },
    });
    expect(await finish(job, [1, 2, 3])).toHaveLength(3);
    expect(rateLimiter.tryAcquire({ tokens: 0 })).toBeDefined();
    const left = Array.from({ length: 4 }, () => rateLimiter.tryAcquire() !== undefined);
    expect(left).toEqual([true, true, true, false]); // 6 attempts, and the one above
  });

  it("runs as many at once as there are workers, of several kinds together", async () => {
    let running = 0;
    let most = 0;
    const handler = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
    };
    const jobs = [defineJob(newName(), { handler }), defineJob(newName(), { handler })];
    for (const job of jobs)
      await queue.enqueue(
        job,
        Array.from({ length: 30 }, (_, at) => at),
      );
    await work(jobs, { workers: 3 }).idle();
    expect(most).toBe(3);
    expect(await Promise.all(jobs.map((job) => queue.counts(job)))).toMatchObject([
      { done: 30 },
      { done: 30 },
    ]);
  });

  it("runs those of a higher priority first, and later ones later", async () => {
    const order: string[] = [];
    const job = defineJob(newName(), { handler: (name: string) => void order.push(name) });
    await queue.enqueue(job, ["low"]);
    await queue.enqueue(job, ["high"], { priority: 5 });
    await queue.enqueue(job, ["next year"], { delay: 31_536_000_000 });
    work(job, { workers: 1 });
    await vi.waitFor(() => expect(order).toEqual(["high", "low"]));
    expect(await queue.counts(job)).toMatchObject({ waiting: 1 });
  });

  it("runs a batch in the order of its priorities, and of one priority as it was enqueued", async () => {
    const order: number[] = [];
    const job = defineJob(newName(), { handler: (n: number) => void order.push(n) });
    for (const priority of [0, 10, 5, 7, 1]) await queue.enqueue(job, [priority], { priority });
    await work(job, { workers: 1 }).idle();
    expect(order).toEqual([10, 7, 5, 1, 0]);

    order.length = 0;
    const low = Array.from({ length: 200 }, (_, n) => n);
    const high = Array.from({ length: 10 }, (_, n) => 1_000 + n);
    await workers.pop()!.aclose();
    await queue.enqueue(job, low, { key: String });
    await queue.enqueue(job, high, { priority: 1 });
    await work(job, { workers: 1 }).idle();
    expect(order).toEqual([...high, ...low]);
  });

  it("begins what is more urgent before what is claimed ahead", async () => {
    const order: string[] = [];
    const { open, pass, reached } = gate();
    const job = defineJob(newName(), {
      handler: async (name: string) => {
        order.push(name);
        if (name === "gate") await pass();
      },
    });
    // Short ones first, so that many are claimed ahead.
    const low = Array.from({ length: 100 }, (_, n) => `low ${n}`);
    await queue.enqueue(job, low.toSpliced(50, 0, "gate"));
    // Batches are brisk, however busy the machine is.
    vi.spyOn(performance, "now").mockReturnValue(0);
    work(job, { workers: 1, pollInterval: 3_600_000 });
    await reached;
    expect((await queue.counts(job)).running).toBeGreaterThan(10);
    await queue.enqueue(job, ["high 0", "high 1"], { priority: 1 });
    await queue.enqueue(job, ["higher"], { priority: 2 });
    open();
    await workers[0]!.idle();
    expect(order).toEqual(low.toSpliced(50, 0, "gate", "higher", "high 0", "high 1"));
  });

  it("chooses who is let in when somebody is", async () => {
    const order: string[] = [];
    const { open, pass, reached } = gate();
    const door = new Semaphore(1);
    const job = defineJob(newName(), {
      handler: async (name: string) => {
        order.push(name);
        if (name === "gate") await pass();
      },
    });
    await queue.enqueue(job, ["gate", "low"]);
    work(job, { workers: door });
    await reached; // and "low" stands at the door
    await queue.enqueue(job, ["high"], { priority: 1 });
    open();
    await workers[0]!.idle();
    expect(order).toEqual(["gate", "high", "low"]);
  });

  it("begins at each time the most urgent of what is there, whatever comes while it works", async () => {
    const group = fc.record({
      priority: fc.integer({ min: -2, max: 2 }),
      count: fc.integer({ min: 1, max: 4 }),
      /** When it comes: after so many jobs have begun. */
      after: fc.nat({ max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(group, { minLength: 1, maxLength: 8 }), async (groups) => {
        const begun: string[] = [];
        /** What is there and has not begun, in the order in which it came. */
        const there: { readonly name: string; readonly priority: number }[] = [];
        const mistakes: string[] = [];
        const left = new Set(groups);
        const enqueueDue = async (): Promise<void> => {
          const due = [...left].filter(({ after }) => after <= begun.length);
          for (const each of due) {
            left.delete(each);
            const { priority, count } = each;
            const at = groups.indexOf(each);
            const payloads = Array.from({ length: count }, (_, n) => `${at}.${n}`);
            await queue.enqueue(job, payloads, { priority });
            there.push(...payloads.map((name) => ({ name, priority })));
          }
        };
        const job = defineJob(newName(), {
          handler: async (name: string) => {
            const best = there.toSorted((a, b) => b.priority - a.priority)[0];
            if (best?.name !== name) mistakes.push(`${name} began, where ${best?.name} should have`);
            there.splice(
              there.findIndex((each) => each.name === name),
              1,
            );
            begun.push(name);
            await enqueueDue();
          },
        });
        await enqueueDue();
        const worker = work(job, { workers: 1 });
        await worker.idle();
        await worker.aclose();
        expect(mistakes).toEqual([]);
        expect(there).toEqual([]);
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  it("finishes what runs when it is closed", async () => {
    const { open, pass, reached } = gate();
    const job = defineJob(newName(), { handler: async (n: number) => (await pass(), n) });
    await queue.enqueue(job, [1, 2, 3]);
    const worker = work(job, { workers: 1, grace: Number.POSITIVE_INFINITY });
    await reached;
    const closing = worker.aclose();
    expect(worker.closed).toBe(true);
    open();
    await Promise.all([closing, worker.aclose(), worker.done]);
    expect(await queue.counts(job)).toEqual({ waiting: 2, running: 0, done: 1, failed: 0 });
    await expect(worker.idle()).rejects.toThrow("the job worker is closed");
  });

  it.each(["its grace is over", "its signal is aborted"])("hands back what runs when %s", async (why) => {
    const { pass, reached } = gate();
    const controller = new AbortController();
    const reasons: unknown[] = [];
    let blocked = true;
    const job = defineJob(newName(), {
      handler: async (n: number, { signal, attempt }) => {
        signal.addEventListener("abort", () => reasons.push((signal.reason as Error).message));
        if (blocked)
          await Promise.race([pass(), new Promise((resolve) => signal.addEventListener("abort", resolve))]);
        return [n, attempt];
      },
    });
    await queue.enqueue(job, [7]);
    const worker = work(job, { grace: why.includes("grace") ? 0 : 60_000, signal: controller.signal });
    await reached;
    if (why.includes("signal")) controller.abort();
    else void worker.aclose();
    await worker.done;
    expect(reasons).toEqual(["the job was handed back"]);
    expect(await queue.counts(job)).toEqual({ waiting: 1, running: 0, done: 0, failed: 0 });
    blocked = false;
    await work(job).idle();
    expect(await all(queue.results(job))).toMatchObject([{ result: [7, 1] }]); // still the first attempt
  });

  it("tells of an event for each attempt, in the trace that enqueued the job", async () => {
    const debug = new DebugHandler();
    const manager = new CallbackManager({ handlers: [debug] });
    const job = defineJob(newName(), {
      retry: atOnce,
      handler: (name: string, { attempt }) =>
        manager.event("query", () => {
          if (name === "b" && attempt === 1) throw new Error("again");
        }),
    });
    await manager.asTrace("nightly", () => queue.enqueue(job, ["a", "b"]));
    await work(job, { callbackManager: manager }).idle();
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

  it("shows what runs, and how far it is", async () => {
    const { open, pass } = gate();
    const job = defineJob(newName(), {
      handler: async (_: string, { progress }) => {
        progress({ page: 1 });
        progress({ page: 2 });
        expect(() => progress(undefined)).toThrow("the progress of job ");
        await pass();
      },
    });
    await queue.enqueue(job, ["book"], { key: () => "k" });
    work(job);
    await vi.waitFor(
      async () =>
        expect(await queue.running(job)).toEqual([
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
    await workers[0]!.idle();
    expect(await queue.running(job)).toEqual([]);
  }, 40_000);

  it("hands out results while others are still to come, and each once", async () => {
    const { open, pass } = gate();
    const job = defineJob(newName(), { handler: async (n: number) => (n === 0 ? (await pass(), n) : n) });
    await queue.enqueue(
      job,
      Array.from({ length: 250 }, (_, at) => at),
    );
    work(job, { workers: 2 });
    const seen: number[] = [];
    for await (const each of queue.results(job, soon)) {
      seen.push(each.payload);
      if (seen.length === 249) open();
    }
    expect(seen.at(-1)).toBe(0);
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 250 }, (_, at) => at));
  });

  // PostgreSQL shows results a second late: it is asked again and again.
  it.runIf(kind === "embedded")("hands out what has finished while the last one was looked at", async () => {
    const { open, pass } = gate();
    const job = defineJob(newName(), { handler: async (n: number) => (n === 2 ? (await pass(), n) : n) });
    await queue.enqueue(job, [1, 2]);
    const worker = work(job, { workers: 1 });
    await vi.waitFor(async () => expect(await queue.counts(job)).toMatchObject({ done: 1, running: 1 }));
    const seen: number[] = [];
    for await (const { payload } of queue.results(job, { pollInterval: 3_600_000 })) {
      seen.push(payload);
      open();
      await worker.idle();
    }
    expect(seen).toEqual([1, 2]);
  });

  it("stops waiting for results and for idleness when told so", async () => {
    const job = defineJob(newName(), { handler: () => new Promise(() => {}), timeout: 3_600_000 });
    await queue.enqueue(job, [null]);
    const worker = work(job, { grace: 0 });
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(all(queue.results(job, { signal }))).rejects.toBe(reason);
    await expect(worker.idle({ signal })).rejects.toBe(reason);
    const controller = new AbortController();
    const reading = all(queue.results(job, { signal: controller.signal, pollInterval: 3_600_000 }));
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });

  it("refuses arguments that cannot be", async () => {
    const job = defineJob(newName(), { handler: () => 1 });
    expect(() => queue.work([])).toThrow(RangeError);
    expect(() => queue.work([job, job])).toThrow("two jobs of one name");
    expect(() => queue.work(job, { workers: 0 })).toThrow("workers must be a whole number from 1, not 0");
    expect(() => queue.work(job, { grace: -1 })).toThrow("grace must be from 0 milliseconds, not -1");
    expect(() => queue.work({} as typeof job)).toThrow(TypeError);
    await expect(queue.enqueue(job, "text" as unknown as never[])).rejects.toThrow(
      `the payloads of ${job.name} must be an array, not a string`,
    );
    await expect(queue.enqueue(job, [], { priority: 0.5 })).rejects.toThrow(RangeError);
    await expect(queue.enqueue(job, [], { priority: 2 ** 31 })).rejects.toThrow(
      "priority must be a whole number from -2147483648 to 2147483647, not 2147483648",
    );
    await expect(queue.counts(undefined as unknown as typeof job)).rejects.toThrow(
      "a job must be made by defineJob, not be undefined",
    );
  });
});

describe("createJobQueue", () => {
  it.each([
    [{ connectionString: "postgres://h/d", directory: "d" }, "not both"],
    [{ connectionString: "mysql://user:hush@h" }, "connectionString must be a URL, postgres://"],
    [{ connectionString: "postgres://user:hush@h:port" }, "connectionString must be a URL, postgres://"],
    [{ directory: "" }, "directory must be a path, not empty"],
    [{ schema: "Jobs;" }, "schema must have 1 to 50 small letters"],
    [{ connections: 0 }, "connections must be a whole number from 1, not 0"],
  ])("refuses %j", async (options, message) => {
    const failure: unknown = await createJobQueue(options).catch((error: unknown) => error);
    expect(failure).toHaveProperty("message", expect.stringContaining(message));
    expect(inspect(failure, { depth: 9 })).not.toContain("hush");
  });

  it("says which database does not answer, without the password", async () => {
    const connectionString = "postgres://user:hush@127.0.0.1:1/jobs";
    const failure: unknown = await createJobQueue({ connectionString }).catch((error: unknown) => error);
    expect(failure).toHaveProperty(
      "message",
      "the job queue cannot open PostgreSQL at 127.0.0.1:1/jobs: connect ECONNREFUSED 127.0.0.1:1",
    );
    expect(inspect(failure, { depth: 9 })).not.toContain("hush");
  });

  it("keeps jobs, keys and results in a directory, which belongs to one queue at a time", async () => {
    const directory = mkdtempSync(join(tmpdir(), "llx-jobs-"));
    const job = defineJob("kept", { handler: (n: number) => n + 1 });
    const first = await createJobQueue({ directory });
    await first.enqueue(job, [1, 2], { key: String });
    await expect(createJobQueue({ directory })).rejects.toThrow(
      `the directory ${directory} is in use by this process`,
    );
    const reading = all(first.results(job));
    const counting = first.counts(job);
    await Promise.all([first.aclose(), first.aclose()]);
    expect(await counting).toMatchObject({ waiting: 2 }); // was under way, and awaited
    await expect(reading).rejects.toThrow("the job queue is closed; make a new one");
    await expect(first.enqueue(job, [3])).rejects.toThrow("the job queue is closed");
    expect(() => first.work(job)).toThrow("the job queue is closed");

    const second = await createJobQueue({ directory });
    expect(await second.enqueue(job, [1, 2, 3], { key: String })).toMatchObject({ created: 1, existing: 2 });
    await second.work(job).idle();
    const results = await all(second.results(job));
    expect(new Set(results.map((each) => each.status === "done" && each.result))).toEqual(new Set([2, 3, 4]));
    await second.aclose();
    rmSync(directory, { recursive: true });
  }, 60_000);
});
