import { getEventListeners } from "node:events";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Lease, ResourcePool } from "../index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Makes numbered resources, and remembers which were destroyed. */
function factory() {
  let made = 0;
  const destroyed: number[] = [];
  return {
    destroyed,
    create: vi.fn(() => ({ id: ++made })),
    destroy: vi.fn(async ({ id }: { id: number }) => void destroyed.push(id)),
  };
}

const counts = ({ size, idle, waiting }: ResourcePool<unknown>): number[] => [size, idle, waiting];

let warnings: { mock: { calls: unknown[][] } };

beforeEach(() => {
  warnings = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("lending", () => {
  it("makes nothing before it is asked, and lends again what came back", async () => {
    const { create, destroy } = factory();
    const pool = new ResourcePool({ create, destroy, max: 2 });
    expect(create).not.toHaveBeenCalled();
    const first = await pool.acquire();
    expect(first.resource).toEqual({ id: 1 });
    first.release();
    expect(counts(pool)).toEqual([1, 1, 0]);
    const again = await pool.acquire();
    expect(again.resource).toBe(first.resource);
    expect(create).toHaveBeenCalledOnce();
  });

  it("makes as many as max, then lets wait: first come, first served", async () => {
    const { create, destroy } = factory();
    const pool = new ResourcePool({ create, destroy, max: 2 });
    const out = [await pool.acquire(), await pool.acquire()];
    const order: string[] = [];
    const waiting = ["a", "b", "c"].map(async (name) => {
      const lease = await pool.acquire();
      order.push(`${name} has ${lease.resource.id}`);
      return lease;
    });
    await turn();
    expect([order, counts(pool)]).toEqual([[], [2, 0, 3]]);
    out[1]!.release();
    await turn();
    out[0]!.release();
    await turn();
    expect(order).toEqual(["a has 2", "b has 1"]);
    (await waiting[0]!).release();
    await turn();
    expect(order).toEqual(["a has 2", "b has 1", "c has 2"]);
    expect(create).toHaveBeenCalledTimes(2);
  });

  it("lends the one first that was used last", async () => {
    const { create, destroy } = factory();
    const pool = new ResourcePool({ create, destroy, max: 3 });
    const leases = [await pool.acquire(), await pool.acquire(), await pool.acquire()];
    for (const at of [1, 2, 0]) leases[at]!.release();
    const again = [await pool.acquire(), await pool.acquire(), await pool.acquire()];
    expect(again.map(({ resource }) => resource.id)).toEqual([1, 3, 2]);
  });

  it("takes a resource back once, however often and in whatever way it is given back", async () => {
    const { create, destroy, destroyed } = factory();
    const pool = new ResourcePool({ create, destroy, max: 1 });
    const lease = await pool.acquire();
    lease.release();
    lease.release();
    lease[Symbol.dispose]();
    await lease.destroy();
    expect([counts(pool), destroyed]).toEqual([[1, 1, 0], []]);
    const [second, third] = [await pool.acquire(), pool.acquire()];
    lease.release();
    await turn();
    expect(counts(pool)).toEqual([1, 0, 1]);
    second.release();
    (await third).release();
    expect(counts(pool)).toEqual([1, 1, 0]);
  });

  it("destroys a broken one, and gives its place to the next only then", async () => {
    const { create } = factory();
    const gate = Promise.withResolvers<void>();
    const pool = new ResourcePool({ create, destroy: () => gate.promise, max: 1 });
    const lease = await pool.acquire();
    const next = pool.acquire();
    const destroying = lease.destroy();
    lease.release();
    expect(lease.destroy()).toBe(destroying);
    await turn();
    expect([create.mock.calls.length, counts(pool)]).toEqual([1, [1, 0, 1]]);
    gate.resolve();
    await destroying;
    expect((await next).resource.id).toBe(2);
    expect(counts(pool)).toEqual([1, 0, 0]);
  });

  it("use lends to a function, and takes back also after an error", async () => {
    const { create, destroy } = factory();
    const pool = new ResourcePool({ create, destroy, max: 1 });
    expect(await pool.use(({ id }) => [id, counts(pool)])).toEqual([1, [1, 0, 0]]);
    await expect(pool.use(() => Promise.reject(new Error("query")))).rejects.toThrow("query");
    await expect(
      pool.use(() => {
        throw new Error("at once");
      }),
    ).rejects.toThrow("at once");
    expect(counts(pool)).toEqual([1, 1, 0]);
    await expect(pool.use(5 as never)).rejects.toThrow("what use is given must be a function, not number 5");
  });

  it("use lets its function destroy what is broken", async () => {
    const { create, destroy, destroyed } = factory();
    const pool = new ResourcePool({ create, destroy, max: 1 });
    await pool.use((_resource, lease) => lease.destroy());
    expect([destroyed, counts(pool)]).toEqual([[1], [0, 0, 0]]);
  });
});

describe("making", () => {
  it("that fails rejects that one with the error as it is, and the others go on", async () => {
    const reasons: unknown[] = [undefined, "text", new Error("refused")];
    const create = vi.fn(async () => {
      if (reasons.length > 0) throw reasons.pop();
      return { id: 7 };
    });
    const pool = new ResourcePool({ create, destroy: () => {}, max: 1 });
    const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => pool.acquire()));
    expect(outcomes.slice(0, 3)).toEqual([
      { status: "rejected", reason: new Error("refused") },
      { status: "rejected", reason: "text" },
      { status: "rejected", reason: undefined },
    ]);
    expect((outcomes[3] as PromiseFulfilledResult<Lease<unknown>>).value.resource).toEqual({ id: 7 });
    expect(counts(pool)).toEqual([1, 0, 0]);
    expect(warnings.mock.calls).toEqual([]);
  });

  it("that throws at once is a rejection too", async () => {
    const create = (): never => {
      throw new Error("refused");
    };
    const pool = new ResourcePool({ create, destroy: () => {}, max: 1 });
    await expect(pool.acquire()).rejects.toThrow("refused");
    expect(counts(pool)).toEqual([0, 0, 0]);
  });

  it("goes on when its borrower gives up: what comes goes to the next, or lies idle", async () => {
    const gates = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
    const create = vi.fn(() => gates[create.mock.calls.length - 1]!.promise);
    const pool = new ResourcePool({ create, destroy: () => {}, max: 1 });
    const controller = new AbortController();
    const first = pool.acquire({ signal: controller.signal });
    const second = pool.acquire();
    await turn();
    controller.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    expect(counts(pool)).toEqual([1, 0, 1]);
    gates[0]!.resolve(1);
    const lease = await second;
    expect([lease.resource, create.mock.calls.length]).toEqual([1, 1]);
    void lease.destroy();

    const impatient = new AbortController();
    const third = pool.acquire({ signal: impatient.signal });
    await turn();
    impatient.abort("no more");
    await expect(third).rejects.toBe("no more");
    gates[1]!.resolve(2);
    await turn();
    expect(counts(pool)).toEqual([1, 1, 0]);
    expect((await pool.acquire()).resource).toBe(2);
  });

  it("that fails when its borrower has given up is told of in a warning, and frees the place", async () => {
    const gate = Promise.withResolvers<number>();
    const create = vi.fn(() => gate.promise);
    const pool = new ResourcePool({ create, destroy: () => {}, max: 1 });
    const controller = new AbortController();
    const first = pool.acquire({ signal: controller.signal });
    await turn();
    controller.abort();
    await expect(first).rejects.toBe(controller.signal.reason);
    gate.reject(new Error("refused"));
    await turn();
    expect(warnings.mock.calls).toEqual([
      [
        "a resource pool of 1: a resource could not be created, when nobody waited for it any more: Error: refused",
        { type: "ResourcePoolWarning", code: "LLX_RESOURCE_POOL", detail: expect.stringContaining(" at ") },
      ],
    ]);
    create.mockReturnValue(Promise.resolve(3));
    expect((await pool.acquire()).resource).toBe(3);
  });

  it("that obeys the same signal is no failure to warn of", async () => {
    const controller = new AbortController();
    const create = (): Promise<never> =>
      new Promise((_, reject) => {
        controller.signal.addEventListener("abort", () => reject(controller.signal.reason as Error));
      });
    const pool = new ResourcePool({ create, destroy: () => {}, max: 1 });
    const lease = pool.acquire({ signal: controller.signal });
    await turn();
    controller.abort(new Error("enough"));
    await expect(lease).rejects.toThrow("enough");
    await turn();
    expect([warnings.mock.calls, counts(pool)]).toEqual([[], [0, 0, 0]]);
  });

  it("that fails as its borrower gives up is thrown or warned of, never both", async () => {
    const told: string[] = [];
    for (let turns = 0; turns < 12; turns++) {
      const controller = new AbortController();
      const abortLater = async (): Promise<void> => {
        for (let turned = 0; turned < turns; turned++) await Promise.resolve();
        controller.abort(new Error("enough"));
      };
      const create = (): Promise<never> => {
        void abortLater();
        return Promise.reject(new Error("refused"));
      };
      const pool = new ResourcePool({ create, destroy: () => {}, max: 1 });
      const error: unknown = await pool.acquire({ signal: controller.signal }).catch((reason) => reason);
      await turn();
      expect([warnings.mock.calls.length, counts(pool)]).toEqual([
        error === controller.signal.reason ? 1 : 0,
        [0, 0, 0],
      ]);
      warnings.mock.calls.length = 0;
      told.push(String(error));
    }
    expect(new Set(told)).toEqual(new Set(["Error: enough", "Error: refused"]));
  });

  it("goes on when its borrower gives up just as it begins", async () => {
    const controller = new AbortController();
    const gate = Promise.withResolvers<number>();
    const create = (): Promise<number> => {
      controller.abort(new Error("enough"));
      return gate.promise;
    };
    const pool = new ResourcePool({ create, destroy: () => {}, max: 1 });
    await expect(pool.acquire({ signal: controller.signal })).rejects.toThrow("enough");
    gate.resolve(1);
    await turn();
    expect(counts(pool)).toEqual([1, 1, 0]);
  });

  it("is not begun for one who gave up as its turn came", async () => {
    const { create, destroy } = factory();
    const pool = new ResourcePool({ create, destroy, max: 1 });
    const lease = await pool.acquire();
    const controller = new AbortController();
    const next = pool.acquire({ signal: controller.signal });
    void lease.destroy();
    // Its place comes free within this turn; it gives up before it goes on.
    destroy.mock.results[0]!.value.then(() => controller.abort(new Error("enough")));
    await expect(next).rejects.toThrow("enough");
    expect([create.mock.calls.length, counts(pool)]).toEqual([1, [0, 0, 0]]);
    (await pool.acquire()).release();
    expect(counts(pool)).toEqual([1, 1, 0]);
  });
});

describe("waiting", () => {
  it("ends after its time-out, whether one is lent, made or looked at", async () => {
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

  it("may take longer than any timer can", async () => {
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

  it("counts its time from the beginning, be it spent in the queue or on making", async () => {
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

  it("leaves no listener and no timer behind, whatever ends it", async () => {
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

  it("is refused at once with a signal that is aborted", async () => {
    const { create, destroy } = factory();
    const pool = new ResourcePool({ create, destroy, max: 1 });
    await expect(pool.acquire({ signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
    expect(create).not.toHaveBeenCalled();
  });
});

describe("validating", () => {
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

  it("takes other idle ones before it makes one, and what gives nothing for valid", async () => {
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

  it("goes on when its borrower gives up: a valid one is idle again, an invalid one destroyed", async () => {
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

describe("idle ones", () => {
  it("are destroyed when they have lain for idleTimeout, each in its time", async () => {
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

  it("that are lent in between begin anew", async () => {
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

  it("leave no timer behind when they are lent, and do not keep the process alive", async () => {
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

  it("take up their places until they are destroyed", async () => {
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

  it("lie for ever where no idleTimeout is given, or one that no timer can take", async () => {
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

describe("destroying", () => {
  it("closes what can be closed, where no destroy is given", async () => {
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

  it("needs a destroy where what is made cannot be closed", async () => {
    const pool = new ResourcePool({ create: () => ({}), max: 1 } as never);
    await expect(pool.acquire()).rejects.toThrow(
      "what create returns, where no destroy is given, must have aclose(), [Symbol.asyncDispose]() or " +
        "[Symbol.dispose](), not be an object (Object)",
    );
    expect(counts(pool)).toEqual([0, 0, 0]);
  });

  it("that fails is told of in a warning, and the place is free", async () => {
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

describe("closing", () => {
  it("refuses who waits and who comes, destroys what is idle, and awaits what is lent", async () => {
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

  it("refuses who waits at once, though what they wait for is still lent", async () => {
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

  it("awaits what is lent also where there was nothing for a while before", async () => {
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

  it("twice does no harm: all wait for one closing", async () => {
    const { create, destroy } = factory();
    const pool = new ResourcePool({ create, destroy, max: 1 });
    await pool.use(() => {});
    await Promise.all([pool.aclose(), pool[Symbol.asyncDispose](), pool.aclose()]);
    expect(destroy).toHaveBeenCalledOnce();
    await new ResourcePool({ create, destroy, max: 1 }).aclose();
  });

  it("destroys what is being made when it comes, and refuses its borrower at once", async () => {
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

  it("is over when what is being made has failed, and tells of that in a warning alone", async () => {
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

  it("from within a destroy is one closing", async () => {
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

  it("rejects with what could not be destroyed meanwhile, when all else is", async () => {
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

describe("bad options", () => {
  const create = (): Disposable => ({ [Symbol.dispose]() {} });

  it.each<[unknown, string]>([
    [undefined, "ResourcePool needs options, { create, max, … }, not undefined"],
    [{ max: 1 }, "create must be a function, not undefined"],
    [{ create }, "max must be a number, not undefined"],
    [{ create, max: 0 }, "max must be a whole number from 1, not 0"],
    [{ create, max: 1, idleTimeout: -1 }, "idleTimeout must be 0 or more milliseconds, not -1"],
    [{ create, max: 1, validate: true }, "validate must be a function, not boolean true"],
    [{ create, max: 1, destroy: "close" }, 'destroy must be a function, not the string "close"'],
  ])("%o", (options, message) => {
    expect(() => new ResourcePool(options as never)).toThrow(message);
  });

  it("of acquire", async () => {
    const pool = new ResourcePool({ create, max: 1 });
    await expect(pool.acquire({ signal: {} as never })).rejects.toThrow("signal must be an AbortSignal");
    await expect(pool.acquire({ timeout: 0 })).rejects.toThrow(RangeError);
    expect(counts(pool)).toEqual([0, 0, 0]);
  });
});

interface Borrower {
  readonly comes: number;
  readonly holds: number;
  readonly gives: "back" | "away";
  readonly aborts: number | undefined;
  readonly timeout: number | undefined;
}

const milliseconds = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });

describe("with borrowers that come, wait, fail and give up at random", () => {
  it("never more are alive than max, each is lent to one, and each that was made is destroyed once", async () => {
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

  it("those who do not give up are served in the order in which they came", async () => {
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
