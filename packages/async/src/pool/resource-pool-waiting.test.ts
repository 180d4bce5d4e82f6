import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ResourcePool } from "../index.ts";
import { counts, factory, turn } from "./test-pool.ts";

beforeEach(() => {
  vi.spyOn(process, "emitWarning").mockImplementation(() => {});
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("ResourcePool waiting", () => {
  it("ends after its time-out, whether a resource is lent, created or validated", async () => {
    vi.useFakeTimers();
    const { create, destroy } = factory();
    const gate = Promise.withResolvers<boolean>();
    const pool = new ResourcePool({
      create,
      destroy,
      validate: () => gate.promise,
      max: 1,
      label: "database",
    });
    const lease = await pool.acquire();
    const late = (): Promise<unknown> => pool.acquire({ timeout: 500 }).catch((error: unknown) => error);
    const queued = late();
    await vi.advanceTimersByTimeAsync(499);
    expect(pool.waiting).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await queued).toMatchObject({
      name: "TimeoutError",
      message: "database: no resource was ready within 500 ms; there are 1, at most 1, and 1 wait",
    });
    lease.release();
    const validated = late();
    await vi.advanceTimersByTimeAsync(500);
    expect(await validated).toMatchObject({ name: "TimeoutError" });
    gate.resolve(true);
    await vi.advanceTimersByTimeAsync(0);
    expect([counts(pool), vi.getTimerCount()]).toEqual([[1, 1, 0], 0]);
  });

  it("may be longer than a timer supports", async () => {
    vi.useFakeTimers();
    const { create, destroy } = factory();
    const pool = new ResourcePool({ create, destroy, max: 1 });
    const lease = await pool.acquire();
    const second = pool.acquire({ timeout: 1e12 });
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect(pool.waiting).toBe(1);
    lease.release();
    await second;
  });

  it("counts its time from the start, both in the queue and during creation", async () => {
    vi.useFakeTimers();
    const create = vi.fn(() => new Promise<number>((resolve) => setTimeout(resolve, 300, 1)));
    const pool = new ResourcePool({ create, destroy: () => {}, max: 1 });
    const first = pool.acquire();
    await vi.advanceTimersByTimeAsync(300);
    const second = pool.acquire({ timeout: 500 }).catch((error: unknown) => String(error));
    await vi.advanceTimersByTimeAsync(300);
    void (await first).destroy();
    await vi.advanceTimersByTimeAsync(200);
    expect(await second).toContain("no resource was ready within 500 ms");
    expect(create).toHaveBeenCalledTimes(2);
  });

  it("leaves no listener and no timer, whatever ends it", async () => {
    vi.useFakeTimers();
    const { create, destroy } = factory();
    const { signal } = new AbortController();
    const pool = new ResourcePool({ create, destroy, max: 1 });
    const options = { signal, timeout: 60_000 };
    const lease = await pool.acquire(options);
    const [second, third] = [pool.acquire(options), pool.acquire(options)];
    expect([getEventListeners(signal, "abort").length, vi.getTimerCount()]).toEqual([1, 2]);
    lease.release();
    (await second).release();
    (await third).release();
    create.mockImplementationOnce(() => {
      throw new Error("refused");
    });
    await pool.use((_resource, { destroy: end }) => end());
    await expect(pool.acquire(options)).rejects.toThrow("refused");
    const last = await pool.acquire(options);
    const closedOut = pool.acquire(options);
    const closing = pool.aclose();
    await expect(closedOut).rejects.toThrow("closed");
    last.release();
    await closing;
    expect([getEventListeners(signal, "abort"), vi.getTimerCount()]).toEqual([[], 0]);
  });

  it("is rejected at once with an aborted signal", async () => {
    const { create, destroy } = factory();
    const pool = new ResourcePool({ create, destroy, max: 1 });
    await expect(pool.acquire({ signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
    expect(create).not.toHaveBeenCalled();
  });
});

describe("ResourcePool validating", () => {
  it.each<[string, () => boolean | Promise<boolean>]>([
    ["false", () => false],
    ["a promise of false", async () => false],
    [
      "a throw",
      () => {
        throw new Error("dead");
      },
    ],
    ["a rejection", () => Promise.reject(new Error("dead"))],
  ])("%s: it is destroyed, and another is made", async (_how, verdict) => {
    const { create, destroy, destroyed } = factory();
    const validate = vi.fn(({ id }: { id: number }) => id !== 1 || verdict());
    const pool = new ResourcePool({ create, destroy, validate, max: 1 });
    await pool.use(() => {});
    expect(validate).not.toHaveBeenCalled();
    const lease = await pool.acquire();
    expect([lease.resource.id, destroyed, counts(pool)]).toEqual([2, [1], [1, 0, 0]]);
    lease.release();
    expect((await pool.acquire()).resource.id).toBe(2);
    expect(validate.mock.calls.map(([{ id }]) => id)).toEqual([1, 2]);
  });

  it("tries other idle resources before it creates one, and counts undefined as valid", async () => {
    const { create, destroy, destroyed } = factory();
    const validate = async ({ id }: { id: number }): Promise<void> => {
      if (id === 2) throw new Error("dead");
    };
    const pool = new ResourcePool({ create, destroy, validate, max: 2 });
    const [first, second] = [await pool.acquire(), await pool.acquire()];
    first.release();
    second.release();
    expect((await pool.acquire()).resource.id).toBe(1);
    expect([destroyed, create.mock.calls.length]).toEqual([[2], 2]);
  });

  it("continues when its borrower gives up: a valid resource becomes idle, an invalid one is destroyed", async () => {
    const { create, destroy, destroyed } = factory();
    const gates = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()];
    const verdicts = gates.map(({ promise }) => promise);
    const pool = new ResourcePool({ create, destroy, validate: () => verdicts.shift(), max: 1 });
    await pool.use(() => {});
    for (const [at, valid] of [true, false].entries()) {
      const controller = new AbortController();
      const lease = pool.acquire({ signal: controller.signal });
      controller.abort(new Error("enough"));
      await expect(lease).rejects.toThrow("enough");
      gates[at]!.resolve(valid);
      await turn();
      expect([counts(pool), destroyed]).toEqual(valid ? [[1, 1, 0], []] : [[0, 0, 0], [1]]);
    }
    expect(create).toHaveBeenCalledOnce();
  });
});

describe("ResourcePool with idle resources", () => {
  it("are destroyed after idleTimeout, each in its time", async () => {
    vi.useFakeTimers();
    const { create, destroy, destroyed } = factory();
    const pool = new ResourcePool({ create, destroy, max: 3, idleTimeout: 1_000 });
    const leases = [await pool.acquire(), await pool.acquire(), await pool.acquire()];
    leases[2]!.release();
    await vi.advanceTimersByTimeAsync(400);
    leases[0]!.release();
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(598);
    expect(destroyed).toEqual([]);
    await vi.advanceTimersByTimeAsync(2);
    expect([destroyed, counts(pool)]).toEqual([[3], [2, 1, 0]]);
    await vi.advanceTimersByTimeAsync(398);
    expect(destroyed).toEqual([3]);
    await vi.advanceTimersByTimeAsync(2);
    expect([destroyed, counts(pool), vi.getTimerCount()]).toEqual([[3, 1], [1, 0, 0], 0]);
    leases[1]!.release();
    await vi.advanceTimersByTimeAsync(1_000);
    expect([destroyed, counts(pool), vi.getTimerCount()]).toEqual([[3, 1, 2], [0, 0, 0], 0]);
  });

  it("that are lent in between restart their idle time", async () => {
    vi.useFakeTimers();
    const { create, destroy, destroyed } = factory();
    const pool = new ResourcePool({ create, destroy, max: 2, idleTimeout: 1_000 });
    const below = await pool.acquire();
    const above = await pool.acquire();
    below.release();
    above.release();
    for (let round = 0; round < 3; round++) {
      await vi.advanceTimersByTimeAsync(900);
      await pool.use(({ id }) => expect(id).toBe(2));
    }
    expect(destroyed).toEqual([1]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([destroyed, vi.getTimerCount()]).toEqual([[1, 2], 0]);
  });

  it("leave no timer when they are lent, and do not keep the process alive", async () => {
    vi.useFakeTimers();
    const timers = vi.spyOn(globalThis, "setTimeout");
    const { create, destroy } = factory();
    const pool = new ResourcePool({ create, destroy, max: 1, idleTimeout: 1_000 });
    await pool.use(() => {});
    expect((timers.mock.results[0]!.value as NodeJS.Timeout).hasRef()).toBe(false);
    expect(vi.getTimerCount()).toBe(1);
    await pool.acquire();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("count towards max until they are destroyed", async () => {
    vi.useFakeTimers();
    const { create } = factory();
    const gate = Promise.withResolvers<void>();
    const pool = new ResourcePool({ create, destroy: () => gate.promise, max: 1, idleTimeout: 1_000 });
    await pool.use(() => {});
    await vi.advanceTimersByTimeAsync(1_000);
    const next = pool.acquire();
    await vi.advanceTimersByTimeAsync(0);
    expect([create.mock.calls.length, counts(pool)]).toEqual([1, [1, 0, 1]]);
    gate.resolve();
    expect((await next).resource.id).toBe(2);
  });

  it("stay forever without an idleTimeout, or with one longer than a timer supports", async () => {
    vi.useFakeTimers();
    for (const idleTimeout of [undefined, Number.POSITIVE_INFINITY, 1e12]) {
      const { create, destroy } = factory();
      const pool = new ResourcePool({ create, destroy, max: 1, idleTimeout });
      await pool.use(() => {});
      await vi.advanceTimersByTimeAsync(2 ** 31);
      expect(counts(pool)).toEqual([1, 1, 0]);
      await pool.aclose();
    }
    expect(vi.getTimerCount()).toBe(0);
  });
});
