import { getEventListeners } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { AdaptiveLimiter, type AdaptivePermit } from "../index.ts";
import { busy, takeAll } from "./test-adaptive-limiter.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("a permit of AdaptiveLimiter", () => {
  it("is released once, by whichever method is called first", async () => {
    const ends: ((permit: AdaptivePermit) => void)[] = [
      (permit) => permit.succeed(),
      (permit) => permit.fail(busy),
      (permit) => permit.fail(new Error("other")),
      (permit) => permit.release(),
      (permit) => permit[Symbol.dispose](),
    ];
    for (const first of ends) {
      const limiter = new AdaptiveLimiter({ initial: 4, max: 4 });
      const others = takeAll(limiter);
      const permit = others.shift()!;
      first(permit);
      const { limit } = limiter;
      for (const end of ends) end(permit);
      expect([limiter.limit, limiter.running]).toEqual([limit, 3]);
      for (const other of others) other.release();
      expect([limiter.running, limiter.available]).toEqual([0, limit]);
    }
  });

  it("is released even if isOverload throws", () => {
    const isOverload = (): boolean => {
      throw new Error("my mistake");
    };
    const limiter = new AdaptiveLimiter({ initial: 2, isOverload });
    const permit = limiter.tryAcquire()!;
    expect(() => permit.fail(busy)).toThrow("my mistake");
    permit.fail(busy);
    expect([limiter.limit, limiter.available]).toEqual([2, 2]);
  });
});

describe("AdaptiveLimiter waiting", () => {
  it("leaves nothing behind when it is aborted", async () => {
    const limiter = new AdaptiveLimiter({ initial: 1 });
    const permit = await limiter.acquire();
    const controller = new AbortController();
    const wait = limiter.acquire({ signal: controller.signal });
    expect([limiter.waiting, getEventListeners(controller.signal, "abort").length]).toEqual([1, 1]);
    controller.abort(new Error("enough"));
    await expect(wait).rejects.toThrow("enough");
    expect([limiter.waiting, getEventListeners(controller.signal, "abort").length]).toEqual([0, 0]);
    permit.release();
    expect(limiter.available).toBe(1);
    await expect(limiter.acquire({ signal: controller.signal })).rejects.toThrow("enough");
  });

  it("ends with a TimeoutError when it takes too long", async () => {
    vi.useFakeTimers();
    const limiter = new AdaptiveLimiter({ initial: 1 });
    const permit = await limiter.acquire({ timeout: 500 });
    const wait = limiter.acquire({ timeout: 500 }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(500);
    expect(await wait).toMatchObject({ name: "TimeoutError" });
    permit.release();
    expect([limiter.available, vi.getTimerCount()]).toEqual([1, 0]);
    await expect(limiter.acquire({ timeout: 0 })).rejects.toThrow(RangeError);
    await expect(limiter.acquire(null as never)).rejects.toThrow(TypeError);
  });

  it("is first come, first served", async () => {
    const limiter = new AdaptiveLimiter({ initial: 1, max: 1 });
    const first = await limiter.acquire();
    const order: number[] = [];
    const all = [0, 1, 2].map((n) => limiter.use(() => order.push(n)));
    expect(limiter.tryAcquire()).toBeUndefined();
    first.succeed();
    await Promise.all(all);
    expect(order).toEqual([0, 1, 2]);
  });
});

describe("AdaptiveLimiter.close", () => {
  it("rejects present and future callers; held permits can be released", async () => {
    const limiter = new AdaptiveLimiter({ initial: 1, label: "embeddings" });
    const permit = await limiter.acquire();
    const wait = limiter.acquire();
    limiter.close();
    await expect(wait).rejects.toThrow('the limiter "embeddings" is closed');
    await expect(limiter.acquire()).rejects.toThrow('the limiter "embeddings" is closed');
    await expect(limiter.use(() => 1)).rejects.toThrow("is closed");
    expect(limiter.tryAcquire()).toBeUndefined();
    permit.fail(busy);
    expect([limiter.running, limiter.waiting]).toEqual([0, 0]);
  });

  it("takes a reason, and may be called twice", async () => {
    const limiter = new AdaptiveLimiter();
    limiter.close(undefined);
    limiter.close(new Error("second"));
    await expect(limiter.acquire()).rejects.toThrow(new Error("the limiter is closed"));
    const other = new AdaptiveLimiter();
    other.close("because");
    await expect(other.acquire()).rejects.toBe("because");
  });
});

describe("AdaptiveLimiter.use", () => {
  it("returns the result of the function, and counts it as a success", async () => {
    const limiter = new AdaptiveLimiter({ initial: 1 });
    expect(await limiter.use(() => limiter.running)).toBe(1);
    expect([limiter.limit, limiter.running]).toEqual([2, 0]);
  });

  it("throws what the function throws, even synchronously, and shrinks only on overload", async () => {
    const limiter = new AdaptiveLimiter({ initial: 4 });
    await expect(limiter.use(() => Promise.reject(new Error("other")))).rejects.toThrow("other");
    expect(limiter.limit).toBe(4);
    const refuse = (): never => {
      throw busy;
    };
    await expect(limiter.use(refuse)).rejects.toBe(busy);
    expect([limiter.limit, limiter.running]).toEqual([2, 0]);
  });

  it("does not run the function when the wait is aborted", async () => {
    const limiter = new AdaptiveLimiter();
    const body = vi.fn();
    const signal = AbortSignal.abort(new Error("before"));
    await expect(limiter.use(body, { signal })).rejects.toThrow("before");
    expect(body).not.toHaveBeenCalled();
  });
});

describe("AdaptiveLimiter whose callers leave", () => {
  it("returns to its first limit, one by one, and no further", async () => {
    const limiter = new AdaptiveLimiter({ initial: 3 });
    const fail = (problem: Error): Promise<unknown> =>
      limiter.use(() => Promise.reject(problem)).catch((thrown: unknown) => thrown);
    while (limiter.limit > 1) {
      // oxlint-disable-next-line no-await-in-loop -- two at once, until the limit is low
      await Promise.all([fail(busy), fail(busy)]);
    }
    const limits: number[] = [];
    for (let left = 0; left < 4; left++) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await fail(new DOMException("gone", "AbortError"));
      limits.push(limiter.limit);
    }
    expect(limits).toEqual([2, 3, 3, 3]);
    await fail(new Error("other"));
    expect(limiter.limit).toBe(3);
  });
});

describe("isOverload of AdaptiveLimiter", () => {
  const named = (name: string): Error => Object.assign(new Error("late"), { name });

  it.each<[string, unknown, boolean]>([
    ["status 429", { status: 429 }, true],
    ["status 503", { status: 503 }, true],
    ["status 529", { status: 529 }, true],
    ["statusCode 429", { statusCode: 429 }, true],
    ["a time-out", new DOMException("late", "TimeoutError"), true],
    ["a time-out of a client", named("HeadersTimeoutError"), true],
    ["one level below", new Error("attempt failed", { cause: busy }), true],
    ["two levels below", new Error("a", { cause: new Error("b", { cause: busy }) }), false],
    ["status 500", { status: 500 }, false],
    ["status 200 with a cause", { status: 200, cause: { statusCode: 503 } }, true],
    ["an abort", new DOMException("stop", "AbortError"), false],
    ["an error", new Error("429"), false],
    ["a string", "429", false],
    ["nothing", undefined, false],
    ["null", null, false],
  ])("%s", (_, error, isOverload) => {
    const limiter = new AdaptiveLimiter({ initial: 4 });
    limiter.tryAcquire()!.fail(error);
    expect(limiter.limit).toBe(isOverload ? 2 : 4);
  });

  it("is decided by isOverload", () => {
    const seen: unknown[] = [];
    const isOverload = (error: unknown): boolean => seen.push(error) > 1;
    const limiter = new AdaptiveLimiter({ initial: 4, isOverload });
    limiter.tryAcquire()!.fail("a");
    expect(limiter.limit).toBe(4);
    limiter.tryAcquire()!.fail("b");
    expect([limiter.limit, seen]).toEqual([2, ["a", "b"]]);
  });
});

describe("options of AdaptiveLimiter", () => {
  it("have defaults", () => {
    expect(new AdaptiveLimiter().limit).toBe(10);
    expect(new AdaptiveLimiter({ min: 20 }).limit).toBe(20);
    expect(new AdaptiveLimiter({ max: 3 }).limit).toBe(3);
    expect(new AdaptiveLimiter({ label: "embeddings" }).label).toBe("embeddings");
    expect(() => new AdaptiveLimiter({ min: 201 })).toThrow(
      new RangeError("min must be no more than max, not 201 where max is 200"),
    );
  });

  it.each(["min", "max", "initial"])("refuse a %s that is not a whole number from 1", (name) => {
    for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new AdaptiveLimiter({ [name]: value })).toThrow(
        new RangeError(`${name} must be a whole number from 1, not ${value}`),
      );
    }
    expect(() => new AdaptiveLimiter({ [name]: "4" })).toThrow(
      new TypeError(`${name} must be a number, not the string "4"`),
    );
  });

  it("refuse contradictory values, and values of the wrong type", () => {
    expect(() => new AdaptiveLimiter({ min: 5, max: 4 })).toThrow(
      new RangeError("min must be no more than max, not 5 where max is 4"),
    );
    for (const initial of [1, 9]) {
      expect(() => new AdaptiveLimiter({ min: 2, max: 8, initial })).toThrow(
        new RangeError(`initial must be from min (2) to max (8), not ${initial}`),
      );
    }
    expect(() => new AdaptiveLimiter({ isOverload: 429 as never })).toThrow(
      new TypeError("isOverload must be a function, not number 429"),
    );
    expect(() => new AdaptiveLimiter({ label: 1 as never })).toThrow(TypeError);
    expect(() => new AdaptiveLimiter(null as never)).toThrow(TypeError);
    expect(() => new AdaptiveLimiter(8 as never)).toThrow(TypeError);
  });
});
