import { getEventListeners } from "node:events";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type JobContext, mapJobs, Semaphore, streamJobs } from "../index.ts";

/** The plan of one job, in milliseconds of a clock that only the test advances. */
interface Plan {
  readonly takes: number;
  readonly fails: boolean;
  /** Whether it ignores its signal. */
  readonly deaf: boolean;
}

interface Case {
  readonly plans: readonly Plan[];
  readonly workers: number;
  readonly shared: boolean;
  readonly asynchronous: boolean;
  /** How long the source takes for each input. */
  readonly pullTakes: number;
  readonly abortAt: number | undefined;
  readonly timeout: number | undefined;
  readonly settle: boolean;
}

const planArbitrary: fc.Arbitrary<Plan> = fc.record({
  takes: fc.nat({ max: 40 }),
  // Mostly not, or no call would reach its end.
  fails: fc.nat({ max: 15 }).map((n) => n === 7),
  deaf: fc.boolean(),
});

const caseArbitrary: fc.Arbitrary<Case> = fc.record({
  plans: fc.array(planArbitrary, { maxLength: 25 }),
  workers: fc.integer({ min: 1, max: 6 }),
  shared: fc.boolean(),
  asynchronous: fc.boolean(),
  pullTakes: fc.nat({ max: 5 }),
  abortAt: fc.option(fc.nat({ max: 100 }), { nil: undefined }),
  timeout: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
  settle: fc.boolean(),
});

/** Jobs that follow a plan, and what is observed of them. */
class World {
  running = 0;
  most = 0;
  pulled = 0;
  closed = false;
  readonly runs: number[];
  readonly plans: readonly Plan[];
  readonly pullTakes: number;

  constructor({ plans, pullTakes }: Case) {
    this.plans = plans;
    this.pullTakes = pullTakes;
    this.runs = plans.map(() => 0);
  }

  readonly job = (index: number, context: JobContext): Promise<number> => {
    this.runs[context.index]!++;
    this.most = Math.max(this.most, ++this.running);
    const { takes, fails, deaf } = this.plans[index]!;
    return new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => (fails ? reject(new Error(`job ${index}`)) : resolve(index)), takes);
      if (deaf) return;
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(context.signal.reason as Error);
      };
      context.signal.addEventListener("abort", onAbort);
    }).finally(() => this.running--);
  };

  *inputs(): Generator<number> {
    try {
      while (this.pulled < this.plans.length) yield this.pulled++;
    } finally {
      this.closed = true;
    }
  }

  async *asyncInputs(): AsyncGenerator<number> {
    for (const index of this.inputs()) {
      if (this.pullTakes > 0) await new Promise((resolve) => setTimeout(resolve, this.pullTakes));
      yield index;
    }
  }
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it("mapJobs runs no more than its workers, each job at most once, in order, and leaves nothing behind", async () => {
  await fc.assert(
    fc.asyncProperty(caseArbitrary, async (given) => {
      const world = new World(given);
      const controller = new AbortController();
      const semaphore = new Semaphore(given.workers);
      const { asynchronous, settle, shared, timeout, abortAt, workers } = given;
      const aborting = abortAt === undefined ? undefined : setTimeout(() => controller.abort(), abortAt);
      const run = mapJobs(asynchronous ? world.asyncInputs() : world.inputs(), world.job, {
        workers: shared ? semaphore : workers,
        signal: controller.signal,
        ...(timeout !== undefined && { timeout }),
        settle: settle as true,
      });
      let runningAtEnd: number | undefined;
      const outcome = run.then(
        (value: unknown[]) => ({ value }),
        (error: unknown) => ({ error }),
      );
      void outcome.then(() => {
        clearTimeout(aborting);
        runningAtEnd = world.running;
      });
      await vi.runAllTimersAsync();
      const end = await outcome;

      expect(world.most).toBeLessThanOrEqual(workers);
      expect(world.runs.every((times) => times <= 1)).toBe(true);
      // Siblings were awaited: nothing runs once the call is over.
      expect(runningAtEnd).toBe(0);
      expect(world.closed || world.pulled === 0).toBe(true);
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
      expect(vi.getTimerCount()).toBe(0);
      expect([semaphore.available, semaphore.waiting]).toEqual([workers, 0]);

      const late = given.plans.map(({ takes }) => timeout !== undefined && takes > timeout);
      const bad = given.plans.map(({ fails }, index) => fails || late[index]!);
      if ("value" in end) {
        expect(world.runs.every((times) => times === 1)).toBe(true);
        if (settle) {
          const statuses = (end.value as PromiseSettledResult<number>[]).map(({ status }) => status);
          // Where both end at the same moment, either may be first.
          for (const [index, plan] of given.plans.entries()) {
            if (plan.takes !== timeout) expect(statuses[index]).toBe(bad[index] ? "rejected" : "fulfilled");
          }
        } else {
          expect(end.value).toEqual(given.plans.map((_, index) => index));
        }
      } else if (!controller.signal.aborted || end.error !== controller.signal.reason) {
        expect(settle).toBe(false);
        expect(String(end.error as Error)).toMatch(
          /^Error: job \d+$|^TimeoutError: job \d+ took longer than \d+ ms$/,
        );
      }
    }),
    { numRuns: 300 },
  );
});

it("streamJobs keeps order and its buffer limit, and leaves nothing behind, wherever the consumer leaves", async () => {
  await fc.assert(
    fc.asyncProperty(
      caseArbitrary,
      fc.nat({ max: 6 }),
      fc.boolean(),
      fc.option(fc.nat({ max: 30 }), { nil: undefined }),
      fc.nat({ max: 10 }),
      async (given, buffer, ordered, leaveAfter, consumerTakes) => {
        const world = new World(given);
        const { asynchronous, workers } = given;
        const source = asynchronous ? world.asyncInputs() : world.inputs();
        async function* jobs(): AsyncGenerator<(context: JobContext) => Promise<number>> {
          for await (const index of source) yield (context) => world.job(index, context);
        }
        const taken: number[] = [];
        const consume = async (): Promise<void> => {
          const stream = ordered
            ? streamJobs(jobs(), { workers, buffer })
            : streamJobs(jobs(), { workers, buffer, ordered: false });
          if (leaveAfter === 0) return;
          for await (const each of stream) {
            taken.push(typeof each === "number" ? each : each.value);
            const started = world.runs.filter((times) => times > 0).length;
            expect(started - taken.length).toBeLessThanOrEqual(workers + buffer);
            await new Promise((resolve) => setTimeout(resolve, consumerTakes));
            if (taken.length === leaveAfter) break;
          }
        };
        let runningAtEnd: number | undefined;
        const outcome = consume().then(
          () => undefined,
          (error: unknown) => error,
        );
        void outcome.then(() => (runningAtEnd = world.running));
        await vi.runAllTimersAsync();
        const error = await outcome;

        expect(world.most).toBeLessThanOrEqual(workers);
        expect(world.runs.every((times) => times <= 1)).toBe(true);
        expect(runningAtEnd).toBe(0);
        expect(world.closed || world.pulled === 0).toBe(true);
        expect(vi.getTimerCount()).toBe(0);
        const count = given.plans.length;
        const firstBad = given.plans.findIndex(({ fails }) => fails);
        if (ordered) expect(taken).toEqual(taken.map((_, index) => index));
        expect(new Set(taken).size).toBe(taken.length);
        if (error === undefined) {
          if (leaveAfter === undefined) expect([taken.length, firstBad]).toEqual([count, -1]);
        } else {
          expect(error).toBeInstanceOf(Error);
          expect((error as Error).message).toMatch(/^job \d+$/);
          expect(taken.every((index) => !given.plans[index]!.fails)).toBe(true);
        }
      },
    ),
    { numRuns: 300 },
  );
});

it("takes as long as a greedy schedule of the same latencies", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 80 }),
      fc.integer({ min: 1, max: 9 }),
      async (latencies, workers) => {
        const free = new Array<number>(workers).fill(0);
        for (const latency of latencies) {
          const next = free.indexOf(Math.min(...free));
          free[next] = free[next]! + latency;
        }
        const start = Date.now();
        const run = mapJobs(latencies, (takes) => new Promise((resolve) => setTimeout(resolve, takes)), {
          workers,
        }).then(() => Date.now() - start);
        await vi.runAllTimersAsync();
        expect(await run).toBe(Math.max(...free));
      },
    ),
  );
});
