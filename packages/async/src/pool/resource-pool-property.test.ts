import { getEventListeners } from "node:events";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ResourcePool } from "../index.ts";
import { counts, factory } from "./test-pool.ts";

beforeEach(() => {
  vi.spyOn(process, "emitWarning").mockImplementation(() => {});
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

interface Borrower {
  readonly comes: number;
  readonly holds: number;
  readonly gives: "back" | "away";
  readonly aborts: number | undefined;
  readonly timeout: number | undefined;
}

const milliseconds = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });

describe("ResourcePool with borrowers that arrive, wait, fail and give up at random", () => {
  it("has at most max resources, each lent to one borrower and destroyed once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.option(milliseconds(30), { nil: undefined }),
        fc.array(
          fc.record<Borrower>({
            comes: milliseconds(100),
            holds: milliseconds(30),
            gives: fc.constantFrom("back", "back", "away"),
            aborts: fc.option(milliseconds(60), { nil: undefined }),
            timeout: fc.option(milliseconds(40), { nil: undefined }),
          }),
          { maxLength: 25 },
        ),
        fc.infiniteStream(fc.record({ takes: fc.integer({ min: 0, max: 20 }), fails: fc.nat({ max: 4 }) })),
        milliseconds(150),
        async (max, idleTimeout, borrowers, steps, closes) => {
          vi.useFakeTimers();
          const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
          const step = async (name: string): Promise<void> => {
            const { takes, fails } = steps.next().value;
            if (takes > 0) await later(takes);
            if (fails === 0) throw new Error(name);
          };
          const alive = new Set<number>();
          const lent = new Set<number>();
          const ended: number[] = [];
          let places = 0;
          let made = 0;
          const pool: ResourcePool<number> = new ResourcePool({
            max,
            idleTimeout,
            async create() {
              expect(++places).toBeLessThanOrEqual(max);
              await step("create").catch((error: unknown) => {
                places--;
                throw error;
              });
              alive.add(++made);
              return made;
            },
            async validate(id) {
              expect([alive.has(id), lent.has(id)]).toEqual([true, false]);
              await step("validate");
            },
            async destroy(id) {
              expect([alive.delete(id), lent.has(id)]).toEqual([true, false]);
              ended.push(id);
              try {
                await step("destroy");
              } finally {
                places--;
              }
            },
          });
          const signals: AbortSignal[] = [];
          const borrow = async ({ comes, holds, gives, aborts, timeout }: Borrower): Promise<void> => {
            await later(comes);
            const controller = new AbortController();
            signals.push(controller.signal);
            if (aborts !== undefined) setTimeout(() => controller.abort(new Error("abort")), aborts);
            const lease = await pool.acquire({ signal: controller.signal, timeout });
            const { resource } = lease;
            expect([alive.has(resource), lent.has(resource)]).toEqual([true, false]);
            lent.add(resource);
            await later(holds);
            lent.delete(resource);
            if (gives === "back") lease.release();
            else await lease.destroy();
            expect(pool.size).toBeLessThanOrEqual(max);
          };
          const closing = later(closes).then(() => pool.aclose().catch((error: unknown) => error));
          const all = Promise.allSettled(borrowers.map(borrow));
          await vi.runAllTimersAsync();
          const outcomes = await all;
          await closing;
          for (const outcome of outcomes) {
            if (outcome.status === "fulfilled") continue;
            expect(String(outcome.reason)).toMatch(
              /^(Error: (abort|create|the resource pool (is|was) closed.*)|TimeoutError: a resource pool of \d: no resource was ready .*)$/,
            );
          }
          expect(ended.toSorted((a, b) => a - b)).toEqual(Array.from({ length: made }, (_, n) => n + 1));
          expect([alive.size, places, ...counts(pool)]).toEqual([0, 0, 0, 0, 0]);
          expect(signals.flatMap((signal) => getEventListeners(signal, "abort"))).toEqual([]);
          expect(vi.getTimerCount()).toBe(0);
          vi.useRealTimers();
        },
      ),
    );
  });

  it("serves borrowers that do not give up in order of arrival", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.record({ aborts: fc.boolean(), breaks: fc.boolean() }), { maxLength: 15 }),
        async (scheduler, max, borrowers) => {
          const { create } = factory();
          const pool = new ResourcePool({ create, destroy: () => {}, max });
          const served: number[] = [];
          const use = async (at: number): Promise<void> => {
            const { aborts, breaks } = borrowers[at]!;
            const controller = new AbortController();
            if (aborts) void scheduler.schedule(Promise.resolve()).then(() => controller.abort("gave up"));
            const lease = await pool.acquire({ signal: controller.signal });
            served.push(at);
            await scheduler.schedule(Promise.resolve());
            if (breaks) await lease.destroy();
            lease.release();
          };
          const outcomes = Promise.allSettled(borrowers.map((_, at) => use(at)));
          await scheduler.waitFor(outcomes);
          expect(served).toEqual(served.toSorted((a, b) => a - b));
          for (const [at, outcome] of (await outcomes).entries()) {
            expect(served.includes(at)).toBe(outcome.status === "fulfilled");
            if (outcome.status === "rejected") expect(outcome.reason).toBe("gave up");
          }
        },
      ),
    );
  });
});
