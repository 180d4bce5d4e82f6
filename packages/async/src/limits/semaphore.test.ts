import { getEventListeners } from "node:events";
import * as fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { AdaptiveLimiter, type Permit, Semaphore } from "../index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

afterEach(() => vi.useRealTimers());

describe("Semaphore", () => {
  it("admits as many callers as it has permits, then first come, first served", async () => {
    const semaphore = new Semaphore(2);
    const order: number[] = [];
    const holders = [await semaphore.acquire(), await semaphore.acquire()];
    const waiting = [0, 1, 2].map(async (n) => {
      const permit = await semaphore.acquire();
      order.push(n);
      return permit;
    });
    await turn();
    expect([semaphore.available, semaphore.waiting, order]).toEqual([0, 3, []]);
    for (const holder of holders) holder.release();
    await turn();
    expect(order).toEqual([0, 1]);
    (await waiting[0])!.release();
    await turn();
    expect(order).toEqual([0, 1, 2]);
    expect(semaphore.waiting).toBe(0);
  });

  it("hands a permit over before anyone else can take it", async () => {
    const semaphore = new Semaphore(1);
    const first = await semaphore.acquire();
    const second = semaphore.acquire();
    first.release();
    expect(semaphore.available).toBe(0);
    expect(semaphore.tryAcquire()).toBeUndefined();
    (await second).release();
    expect(semaphore.tryAcquire()).toBeDefined();
  });

  it("takes a permit back once, however often it is released", async () => {
    const semaphore = new Semaphore(1);
    const permit = await semaphore.acquire();
    permit.release();
    permit.release();
    permit[Symbol.dispose]();
    expect(semaphore.available).toBe(1);
  });

  it("does not let light waiters overtake a heavy one", async () => {
    const semaphore = new Semaphore(3);
    const first = await semaphore.acquire({ weight: 2 });
    const order: string[] = [];
    const heavy = semaphore.acquire({ weight: 3 }).then((permit) => (order.push("heavy"), permit));
    const light = semaphore.acquire().then((permit) => (order.push("light"), permit));
    await turn();
    expect(order).toEqual([]);
    expect(semaphore.tryAcquire()).toBeUndefined();
    first.release();
    (await heavy).release();
    (await light).release();
    expect(order).toEqual(["heavy", "light"]);
    expect(semaphore.available).toBe(3);
  });

  it("serves the waiters behind one that gave up", async () => {
    const semaphore = new Semaphore(2);
    const held = await semaphore.acquire();
    const controller = new AbortController();
    const heavy = semaphore.acquire({ weight: 2, signal: controller.signal });
    const light = semaphore.acquire();
    controller.abort(new Error("enough"));
    await expect(heavy).rejects.toThrow("enough");
    (await light).release();
    held.release();
    expect([semaphore.available, semaphore.waiting]).toEqual([2, 0]);
  });

  it("leaves no listener, whether granted, aborted or closed", async () => {
    const { signal } = new AbortController();
    const semaphore = new Semaphore(1);
    const permit = await semaphore.acquire({ signal });
    const granted = semaphore.acquire({ signal });
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    permit.release();
    await granted;
    const refused = semaphore.acquire({ signal });
    semaphore.close(new Error("closed"));
    await expect(refused).rejects.toThrow("closed");
    expect(getEventListeners(signal, "abort")).toEqual([]);
    const aborted = new Semaphore(1).acquire({ signal: AbortSignal.abort(new Error("before")) });
    await expect(aborted).rejects.toThrow("before");
  });

  it("runs a function with a permit and releases it, also after an error", async () => {
    const semaphore = new Semaphore(1);
    expect(await semaphore.use(() => semaphore.available)).toBe(0);
    await expect(semaphore.use(() => Promise.reject(new Error("x")))).rejects.toThrow("x");
    expect(semaphore.available).toBe(1);
  });

  it("rejects present and future callers when it is closed; held permits can be released", async () => {
    const semaphore = new Semaphore(1);
    const permit = await semaphore.acquire();
    const waiting = [semaphore.acquire(), semaphore.acquire()];
    semaphore.close();
    for (const each of waiting) await expect(each).rejects.toThrow("the semaphore is closed");
    await expect(semaphore.acquire()).rejects.toThrow("the semaphore is closed");
    expect(semaphore.tryAcquire()).toBeUndefined();
    permit.release();
    expect([semaphore.available, semaphore.waiting]).toEqual([1, 0]);
  });

  it("is named by its label when it is closed", async () => {
    const semaphore = new Semaphore(1, { label: "db" });
    semaphore.close();
    await expect(semaphore.acquire()).rejects.toThrow('the semaphore "db" is closed');
  });

  it("rejects all who wait with one signal, even those that the first to give up would have admitted", async () => {
    const semaphore = new Semaphore(5);
    const held = await semaphore.acquire({ weight: 4 });
    const controller = new AbortController();
    const { signal } = controller;
    const settled = Promise.allSettled([
      semaphore.acquire({ weight: 5, signal }),
      semaphore.acquire({ weight: 1, signal }),
      semaphore.acquire({ weight: 1 }),
    ]);
    controller.abort(new Error("enough"));
    const [heavy, light, other] = await settled;
    expect([heavy.status, light.status, other.status]).toEqual(["rejected", "rejected", "fulfilled"]);
    expect([semaphore.available, semaphore.waiting]).toEqual([0, 0]);
    held.release();
    expect(await semaphore.use(() => "goes on", { weight: 4 })).toBe("goes on");
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("takes no permit for a value that is not a function", async () => {
    const semaphore = new Semaphore(1);
    const started = Promise.resolve();
    await expect(semaphore.use(started as never)).rejects.toThrow(
      "body must be a function, not a promise that is not awaited",
    );
    await expect(new AdaptiveLimiter().use(started as never)).rejects.toThrow("body must be");
    expect(semaphore.available).toBe(1);
  });

  it("ends a wait after its timeout, and serves the waiters behind it", async () => {
    vi.useFakeTimers();
    const semaphore = new Semaphore(2, { label: "database" });
    const held = await semaphore.acquire();
    const heavy = semaphore.acquire({ weight: 2, timeout: 500 }).catch((error: unknown) => error);
    const light = semaphore.acquire({ timeout: 10_000 });
    await vi.advanceTimersByTimeAsync(499);
    expect(semaphore.waiting).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(await heavy).toMatchObject({
      name: "TimeoutError",
      message: "database: 2 permits did not come free within 500 ms",
    });
    (await light).release();
    held.release();
    expect([semaphore.available, semaphore.waiting, vi.getTimerCount()]).toEqual([2, 0, 0]);
  });

  it("grows and shrinks: waiters are served, held permits stay held", async () => {
    const semaphore = new Semaphore(1);
    const first = await semaphore.acquire();
    const second = semaphore.acquire();
    semaphore.resize(2);
    const permit = await second;
    semaphore.resize(1);
    expect([semaphore.permits, semaphore.available]).toEqual([1, -1]);
    const third = semaphore.acquire();
    first.release();
    expect([semaphore.available, semaphore.waiting]).toEqual([0, 1]);
    permit.release();
    (await third).release();
    expect(semaphore.available).toBe(1);
    expect(() => semaphore.resize(0)).toThrow("permits must be a whole number from 1, not 0");
  });

  it("rejects a waiter that has become too heavy when it shrinks, and serves those behind", async () => {
    const semaphore = new Semaphore(3);
    const held = await semaphore.acquire();
    const heavy = semaphore.acquire({ weight: 3 });
    const light = semaphore.acquire();
    semaphore.resize(2);
    await expect(heavy).rejects.toThrow("weight must be at most the number of permits, 2, not 3");
    (await light).release();
    held.release();
    expect([semaphore.available, semaphore.waiting]).toEqual([2, 0]);
  });

  it("has one listener on a signal for all waiters with it, and rejects them all", async () => {
    const semaphore = new Semaphore(1);
    const other = new Semaphore(1);
    const permits = [await semaphore.acquire(), await other.acquire()];
    const controller = new AbortController();
    const { signal } = controller;
    const waits = Array.from({ length: 1000 }, (_, n) => (n % 2 ? semaphore : other).acquire({ signal }));
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    controller.abort(new Error("enough"));
    const outcomes = await Promise.allSettled(waits);
    expect(
      outcomes.every((outcome) => outcome.status === "rejected" && outcome.reason === signal.reason),
    ).toBe(true);
    expect([semaphore.waiting, other.waiting]).toEqual([0, 0]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
    for (const permit of permits) permit.release();
    expect([semaphore.available, other.available]).toEqual([1, 1]);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses %s permits", (permits) => {
    expect(() => new Semaphore(permits)).toThrow(RangeError);
  });

  it("refuses a weight that could never be granted, at once", async () => {
    const semaphore = new Semaphore(2);
    await expect(semaphore.acquire({ weight: 3 })).rejects.toThrow(
      new RangeError("weight must be at most the number of permits, 2, not 3: it could never be granted"),
    );
    await expect(semaphore.acquire({ weight: 0 })).rejects.toThrow(RangeError);
    expect(() => semaphore.tryAcquire({ weight: "1" as never })).toThrow(TypeError);
    await expect(semaphore.acquire({ signal: {} as never })).rejects.toThrow(TypeError);
    await expect(semaphore.acquire({ timeout: 0 })).rejects.toThrow(
      "timeout must be more than 0 milliseconds; omit it for no limit",
    );
  });

  it("is never overdrawn and serves all callers, with random turns and weights", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.record({ weight: fc.integer({ min: 1, max: 5 }), aborts: fc.boolean() }), {
          maxLength: 20,
        }),
        async (scheduler, permits, users) => {
          const semaphore = new Semaphore(permits);
          let out = 0;
          let served = 0;
          const use = async ({
            weight: asked,
            aborts,
          }: {
            weight: number;
            aborts: boolean;
          }): Promise<void> => {
            const weight = Math.min(asked, permits);
            const controller = new AbortController();
            if (aborts) void scheduler.schedule(Promise.resolve()).then(() => controller.abort());
            let permit: Permit;
            try {
              permit = await semaphore.acquire({ weight, signal: controller.signal });
            } catch (error) {
              expect(aborts && error === controller.signal.reason).toBe(true);
              return;
            }
            out += weight;
            expect(out).toBeLessThanOrEqual(permits);
            await scheduler.schedule(Promise.resolve());
            out -= weight;
            served++;
            permit.release();
          };
          await scheduler.waitFor(Promise.all(users.map(use)));
          expect([semaphore.available, semaphore.waiting]).toEqual([permits, 0]);
          expect(served).toBeGreaterThanOrEqual(users.filter(({ aborts }) => !aborts).length);
        },
      ),
    );
  });
});
