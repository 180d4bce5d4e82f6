import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ResourcePool } from "../index.ts";
import { counts, factory, turn } from "./test-pool.ts";

let warnings: { mock: { calls: unknown[][] } };

beforeEach(() => {
  warnings = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("ResourcePool destroying", () => {
  it("closes closable resources without a destroy option", async () => {
    const log: string[] = [];
    const made = [
      { aclose: async () => void log.push("aclose") },
      { [Symbol.asyncDispose]: async () => void log.push("asyncDispose") },
      { [Symbol.dispose]: () => void log.push("dispose") },
    ];
    const pool = new ResourcePool({ create: () => made[log.length]!, max: 1 });
    for (let round = 0; round < 3; round++) await (await pool.acquire()).destroy();
    expect(log).toEqual(["aclose", "asyncDispose", "dispose"]);
  });

  it("needs a destroy option for resources that cannot be closed", async () => {
    const pool = new ResourcePool({ create: () => ({}), max: 1 } as never);
    await expect(pool.acquire()).rejects.toThrow(
      "the result of create, without the option destroy, must have aclose(), [Symbol.asyncDispose]() or " +
        "[Symbol.dispose](), not be an object (Object); or pass destroy, such as destroy: (it) => it.end()",
    );
    expect(counts(pool)).toEqual([0, 0, 0]);
  });

  it("that fails is reported as a warning, and frees its permit", async () => {
    const { create } = factory();
    const reasons = [new Error("stuck"), "text"];
    const destroy = (): never => {
      throw reasons.shift();
    };
    const pool = new ResourcePool({ create, destroy, max: 1 });
    await (await pool.acquire()).destroy();
    await (await pool.acquire()).destroy();
    expect(counts(pool)).toEqual([0, 0, 0]);
    expect(warnings.mock.calls).toEqual([
      [
        "a resource pool of 1: a resource could not be destroyed: Error: stuck",
        { type: "ResourcePoolWarning", code: "LLX_RESOURCE_POOL", detail: expect.stringContaining(" at ") },
      ],
      [
        'a resource pool of 1: a resource could not be destroyed: the string "text"',
        { type: "ResourcePoolWarning", code: "LLX_RESOURCE_POOL" },
      ],
    ]);
  });
});

describe("ResourcePool.aclose that waits for lent resources", () => {
  const said = (): unknown[] => warnings.mock.calls.map(([text]) => text);

  it("says so once, after 5 s, and what to do", async () => {
    vi.useFakeTimers();
    const { create, destroy } = factory();
    const pool = new ResourcePool({ create, destroy, max: 3, label: "conns" });
    const leases = [await pool.acquire(), await pool.acquire(), await pool.acquire()];
    leases[0]!.release();
    const closing = pool.aclose();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(said()).toEqual([]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(warnings.mock.calls).toEqual([
      [
        "conns: aclose() has waited 5 s for 2 lent resources; call release() of each lease, and do not " +
          "await aclose() inside pool.use(…), which would wait for itself",
        { type: "ResourcePoolWarning", code: "LLX_RESOURCE_POOL" },
      ],
    ]);
    for (const lease of leases) lease.release();
    await closing;
  });

  it("counts only those that are lent, not those being created or destroyed", async () => {
    vi.useFakeTimers();
    const stuck = Promise.withResolvers<void>();
    const made = [Promise.resolve(1), Promise.resolve(2), Promise.withResolvers<number>().promise];
    const pool = new ResourcePool({ create: () => made.shift()!, destroy: () => stuck.promise, max: 3 });
    const [lease] = [await pool.acquire(), void (await pool.acquire()).destroy()];
    const third = pool.acquire();
    void pool.aclose();
    await expect(third).rejects.toThrow("closed");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(pool.size).toBe(3);
    expect(said()).toEqual([expect.stringContaining("for 1 lent resource;")]);
    lease.release();
  });

  it("is silent if they come back in time, or if only a destroy is slow, and keeps no timer", async () => {
    vi.useFakeTimers();
    const gate = Promise.withResolvers<void>();
    const pool = new ResourcePool({ create: () => 1, destroy: () => gate.promise, max: 1 });
    const lease = await pool.acquire();
    const closing = pool.aclose();
    await vi.advanceTimersByTimeAsync(4_000);
    lease.release();
    await vi.advanceTimersByTimeAsync(4_000);
    gate.resolve();
    await closing;
    expect([said(), vi.getTimerCount()]).toEqual([[], 0]);

    const returned = new ResourcePool({ create: () => 1, destroy: () => {}, max: 1 });
    const other = await returned.acquire();
    const end = returned.aclose();
    await vi.advanceTimersByTimeAsync(1_000);
    other.release();
    await end;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not keep the process alive", async () => {
    vi.useFakeTimers();
    const set = vi.spyOn(globalThis, "setTimeout");
    const pool = new ResourcePool({ create: () => 1, destroy: () => {}, max: 1 });
    const lease = await pool.acquire();
    const closing = pool.aclose();
    await vi.advanceTimersByTimeAsync(0);
    expect(set.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([false]);
    lease.release();
    await closing;
  });
});

describe("ResourcePool.aclose", () => {
  it("rejects present and future borrowers, destroys idle resources, and awaits lent ones", async () => {
    const { create, destroy, destroyed } = factory();
    const pool = new ResourcePool({ create, destroy, max: 3 });
    const leases = [await pool.acquire(), await pool.acquire(), await pool.acquire()];
    leases[0]!.release();
    const closing = pool.aclose();
    expect(pool.closed).toBe(true);
    await expect(pool.acquire()).rejects.toThrow("the resource pool is closed; make a new one");
    await expect(pool.use(() => {})).rejects.toThrow("the resource pool is closed; make a new one");
    const closed = vi.fn();
    void closing.then(closed);
    leases[1]!.release();
    await turn();
    expect([destroyed.length, counts(pool), closed.mock.calls.length]).toEqual([2, [1, 0, 0], 0]);
    await leases[2]!.destroy();
    await closing;
    expect([destroyed.length, counts(pool)]).toEqual([3, [0, 0, 0]]);
  });

  it("rejects waiting borrowers at once, even though the resources are still lent", async () => {
    const { create, destroy, destroyed } = factory();
    const pool = new ResourcePool({ create, destroy, max: 1 });
    const lease = await pool.acquire();
    const waiting = [pool.acquire(), pool.use(() => expect.fail("it was lent"))];
    const closing = pool.aclose();
    for (const each of waiting) {
      await expect(each).rejects.toThrow("the resource pool was closed before a resource was ready");
    }
    expect([destroyed, counts(pool)]).toEqual([[], [1, 0, 0]]);
    lease.release();
    await closing;
    expect(destroyed).toEqual([1]);
  });

  it("names a pool that has a label", async () => {
    const { create, destroy } = factory();
    const pool = new ResourcePool({ create, destroy, max: 1, label: "conns" });
    const lease = await pool.acquire();
    const waiting = pool.acquire();
    const closing = pool.aclose();
    await expect(waiting).rejects.toThrow('the resource pool "conns" was closed before a resource was ready');
    await expect(pool.acquire()).rejects.toThrow('the resource pool "conns" is closed; make a new one');
    lease.release();
    await closing;
  });

  it("awaits lent resources even if there were none for a while before", async () => {
    const { create, destroy } = factory();
    const pool = new ResourcePool({ create, destroy, max: 1 });
    await pool.use((_resource, lease) => lease.destroy());
    const lease = await pool.acquire();
    const closed = vi.fn();
    const closing = pool.aclose().then(closed);
    await turn();
    expect(closed).not.toHaveBeenCalled();
    lease.release();
    await closing;
  });

  it("may be called twice: all callers wait for one closing", async () => {
    const { create, destroy } = factory();
    const pool = new ResourcePool({ create, destroy, max: 1 });
    await pool.use(() => {});
    await Promise.all([pool.aclose(), pool[Symbol.asyncDispose](), pool.aclose()]);
    expect(destroy).toHaveBeenCalledOnce();
    await new ResourcePool({ create, destroy, max: 1 }).aclose();
  });

  it("destroys a resource that is being created once it is ready, and rejects its borrower at once", async () => {
    const gate = Promise.withResolvers<number>();
    const destroy = vi.fn();
    const pool = new ResourcePool({ create: () => gate.promise, destroy, max: 1 });
    const lease = pool.acquire();
    await turn();
    const closing = pool.aclose();
    await expect(lease).rejects.toThrow("closed");
    gate.resolve(1);
    await closing;
    expect(destroy.mock.calls).toEqual([[1]]);
  });

  it("ends when a resource that is being created has failed, which is only a warning", async () => {
    const gate = Promise.withResolvers<number>();
    const pool = new ResourcePool({ create: () => gate.promise, destroy: () => {}, max: 1 });
    const lease = pool.acquire();
    const closing = pool.aclose();
    await expect(lease).rejects.toThrow("closed");
    gate.reject(new Error("refused"));
    await closing;
    await turn();
    expect(warnings.mock.calls).toHaveLength(1);
  });

  it("called within a destroy is the same closing", async () => {
    const destroy = vi.fn(() => {
      const { closed } = pool;
      void pool.aclose();
      return closed;
    });
    const pool: ResourcePool<object> = new ResourcePool({ create: () => ({}), destroy, max: 1 });
    await pool.use(() => {});
    await pool.aclose();
    expect(destroy.mock.results).toEqual([{ type: "return", value: true }]);
  });

  it("rejects with the errors of destroy, after all else is destroyed", async () => {
    const { create } = factory();
    const gate = Promise.withResolvers<void>();
    const destroy = vi.fn(async ({ id }: { id: number }) => {
      if (id === 3) return gate.promise;
      throw new Error(`stuck ${id}`);
    });
    const one = new ResourcePool({ create, destroy, max: 1 });
    await one.use(() => {});
    const failed = one.aclose();
    await expect(failed).rejects.toThrow("stuck 1");
    await expect(one.aclose()).rejects.toThrow("stuck 1");

    const several = new ResourcePool({ create, destroy, max: 3 });
    const leases = [await several.acquire(), await several.acquire(), await several.acquire()];
    for (const lease of leases) lease.release();
    const error = several.aclose().catch((reason: unknown) => reason);
    await turn();
    expect(several.size).toBe(1);
    gate.resolve();
    expect(await error).toMatchObject({
      message:
        "a resource could not be destroyed: Error: stuck 2; a resource could not be destroyed: Error: stuck 4",
    });
    expect(await error).toBeInstanceOf(AggregateError);
    expect(warnings.mock.calls).toEqual([]);
  });
});
