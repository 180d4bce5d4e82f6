import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Lease, ResourcePool } from "../index.ts";
import { counts, factory, turn } from "./test-pool.ts";

let warnings: { mock: { calls: unknown[][] } };

beforeEach(() => {
  warnings = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("ResourcePool lending", () => {
  it("creates nothing before the first acquire, and lends returned resources again", async () => {
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

  it("creates up to max, then makes borrowers wait: first come, first served", async () => {
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

  it("lends the most recently used resource first", async () => {
    const { create, destroy } = factory();
    const pool = new ResourcePool({ create, destroy, max: 3 });
    const leases = [await pool.acquire(), await pool.acquire(), await pool.acquire()];
    for (const at of [1, 2, 0]) leases[at]!.release();
    const again = [await pool.acquire(), await pool.acquire(), await pool.acquire()];
    expect(again.map(({ resource }) => resource.id)).toEqual([1, 3, 2]);
  });

  it("takes a resource back once, however often and in whatever way it is returned", async () => {
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

  it("destroys a broken resource before the next borrower gets its permit", async () => {
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
    await expect(pool.use(5 as never)).rejects.toThrow("body must be a function, not number 5");
  });

  it("use lets its function destroy a broken resource", async () => {
    const { create, destroy, destroyed } = factory();
    const pool = new ResourcePool({ create, destroy, max: 1 });
    await pool.use((_resource, lease) => lease.destroy());
    expect([destroyed, counts(pool)]).toEqual([[1], [0, 0, 0]]);
  });
});

describe("ResourcePool creating", () => {
  it("that fails rejects its borrower with the error as it is, and the others continue", async () => {
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

  it("that throws synchronously is also a rejection", async () => {
    const create = (): never => {
      throw new Error("refused");
    };
    const pool = new ResourcePool({ create, destroy: () => {}, max: 1 });
    await expect(pool.acquire()).rejects.toThrow("refused");
    expect(counts(pool)).toEqual([0, 0, 0]);
  });

  it("continues when its borrower gives up: the resource goes to the next one, or becomes idle", async () => {
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

  it("that fails after its borrower has given up is reported as a warning, and frees its permit", async () => {
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
        "a resource pool of 1: a resource could not be created, after its borrower had given up: Error: refused",
        { type: "ResourcePoolWarning", code: "LLX_RESOURCE_POOL", detail: expect.stringContaining(" at ") },
      ],
    ]);
    create.mockReturnValue(Promise.resolve(3));
    expect((await pool.acquire()).resource).toBe(3);
  });

  it("that is aborted by the same signal emits no warning", async () => {
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

  it("that fails as its borrower gives up is thrown or reported as a warning, never both", async () => {
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

  it("continues when its borrower gives up just as it begins", async () => {
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

  it("does not start for a borrower that gave up as its turn came", async () => {
    const { create, destroy } = factory();
    const pool = new ResourcePool({ create, destroy, max: 1 });
    const lease = await pool.acquire();
    const controller = new AbortController();
    const next = pool.acquire({ signal: controller.signal });
    void lease.destroy();
    // Its permit comes free within this turn; it gives up before it continues.
    destroy.mock.results[0]!.value.then(() => controller.abort(new Error("enough")));
    await expect(next).rejects.toThrow("enough");
    expect([create.mock.calls.length, counts(pool)]).toEqual([1, [0, 0, 0]]);
    (await pool.acquire()).release();
    expect(counts(pool)).toEqual([1, 1, 0]);
  });
});

describe("ResourcePool with invalid options", () => {
  const create = (): Disposable => ({ [Symbol.dispose]() {} });

  it.each<[unknown, string]>([
    [undefined, "ResourcePool needs options, { create, max, … }, not undefined"],
    [{ max: 1 }, "create must be a function, not undefined"],
    [
      create,
      "ResourcePool needs options, { create, max, … }, not a function; pass it as create: { create, max }",
    ],
    [{ create }, "max is missing: how many resources may exist at once, such as max: 4"],
    [{ create, max: "4" }, 'max must be a number, not the string "4"'],
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
