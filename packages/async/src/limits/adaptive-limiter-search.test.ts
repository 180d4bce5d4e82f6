import { afterEach, describe, expect, it, vi } from "vitest";
import { AdaptiveLimiter } from "../index.ts";
import { busy, goodRound, refusedAtFive, takeAll } from "./test-adaptive-limiter.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

afterEach(() => {
  vi.useRealTimers();
});

describe("AdaptiveLimiter growing", () => {
  it("doubles its step after each successful round with the limit in use", () => {
    const limiter = new AdaptiveLimiter({ initial: 2 });
    expect([1, 2, 3, 4, 5, 6].map(() => goodRound(limiter))).toEqual([3, 5, 9, 17, 33, 65]);
  });

  it("at most doubles the limit", () => {
    const limiter = new AdaptiveLimiter({ initial: 1 });
    expect([1, 2, 3].map(() => goodRound(limiter))).toEqual([2, 4, 8]);
  });

  it("needs a whole round, and the first request that was sent with the limit full", () => {
    const limiter = new AdaptiveLimiter({ initial: 3 });
    const [first, second, probe] = takeAll(limiter);
    first!.succeed();
    second!.succeed();
    for (let n = 0; n < 5; n++) limiter.tryAcquire()!.succeed();
    expect(limiter.limit).toBe(3);
    probe!.succeed();
    expect(limiter.limit).toBe(4);
    const [next, ...others] = takeAll(limiter).toReversed();
    for (const other of others) other.succeed();
    limiter.tryAcquire()!.succeed();
    expect(limiter.limit).toBe(4);
    next!.succeed();
    expect(limiter.limit).toBe(6);
  });

  it("does not happen while the limit is not used", () => {
    const limiter = new AdaptiveLimiter({ initial: 3 });
    const first = limiter.tryAcquire()!;
    for (let n = 0; n < 1000; n++) limiter.tryAcquire()!.succeed();
    first.succeed();
    expect([limiter.limit, limiter.running]).toEqual([3, 0]);
  });

  it("does not happen if permits are released unused, or requests fail", () => {
    const limiter = new AdaptiveLimiter({ initial: 3 });
    for (let n = 0; n < 5; n++) {
      limiter.tryAcquire()!.release();
      limiter.tryAcquire()!.fail(new Error("bad request"));
    }
    for (let n = 0; n < 1000; n++) limiter.tryAcquire()!.succeed();
    expect([limiter.limit, limiter.running]).toEqual([3, 0]);
  });

  it("waits at most 16 rounds for the first request sent with the limit full", () => {
    const limiter = new AdaptiveLimiter({ initial: 2 });
    const [other, probe] = takeAll(limiter);
    other!.succeed();
    for (let n = 2; n < 16 * 2; n++) limiter.tryAcquire()!.succeed();
    expect(limiter.limit).toBe(2);
    limiter.tryAcquire()!.succeed();
    expect(limiter.limit).toBe(3);
    probe!.succeed();
    expect([limiter.limit, limiter.running]).toEqual([3, 0]);
  });

  it("waits for the next request with the limit full if the outcome of the first is unknown", () => {
    const limiter = new AdaptiveLimiter({ initial: 2 });
    const [other, probe] = takeAll(limiter);
    probe!.fail(new Error("no such model"));
    const next = limiter.tryAcquire()!;
    other!.succeed();
    next.succeed();
    expect(limiter.limit).toBe(3);
  });

  it("ends at max", () => {
    const limiter = new AdaptiveLimiter({ initial: 2, max: 6 });
    expect([1, 2, 3, 4].map(() => goodRound(limiter))).toEqual([3, 5, 6, 6]);
  });

  it("serves waiting callers", async () => {
    const limiter = new AdaptiveLimiter({ initial: 1 });
    const first = await limiter.acquire();
    const waiting = [limiter.acquire(), limiter.acquire(), limiter.acquire()];
    expect([limiter.running, limiter.available, limiter.waiting]).toEqual([1, 0, 3]);
    first.succeed();
    await Promise.all(waiting.slice(0, 2));
    expect([limiter.limit, limiter.running, limiter.waiting]).toEqual([2, 2, 1]);
  });
});

describe("AdaptiveLimiter shrinking", () => {
  it("falls to what got through, in whatever order refusals arrive", () => {
    const orders = [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [2, 0, 3, 1],
    ];
    for (const order of orders) {
      const limiter = new AdaptiveLimiter({ initial: 10 });
      const refused = takeAll(limiter).slice(6);
      for (const n of order) refused[n]!.fail(busy);
      expect([limiter.limit, limiter.running, limiter.available]).toEqual([6, 6, 0]);
    }
  });

  it("takes all refusals of one flight as one signal, which at most halves the limit", () => {
    const limiter = new AdaptiveLimiter({ initial: 10 });
    for (const permit of takeAll(limiter)) permit.fail(busy);
    expect(limiter.limit).toBe(5);
    for (const permit of takeAll(limiter)) permit.fail(busy);
    expect(limiter.limit).toBe(2);
  });

  it("counts each refused request of the flight as one too many", () => {
    const limiter = new AdaptiveLimiter({ initial: 10 });
    const permits = takeAll(limiter).slice(3);
    for (let n = 0; n < 3; n++) {
      permits[n]!.release();
      permits.push(limiter.tryAcquire()!); // each is the tenth in flight
    }
    const limits = permits.slice(-3).map((permit) => (permit.fail(busy), limiter.limit));
    expect(limits).toEqual([9, 8, 7]);
  });

  it("is not undone by a refusal at a higher level", () => {
    const limiter = new AdaptiveLimiter({ initial: 10 });
    const permits = takeAll(limiter);
    permits[6]!.fail(busy); // the seventh was one too many
    expect(limiter.limit).toBe(6);
    permits[9]!.fail(busy);
    expect(limiter.limit).toBe(6);
  });

  it("never goes below min", () => {
    const limiter = new AdaptiveLimiter({ initial: 5, min: 4 });
    for (let n = 0; n < 3; n++) for (const permit of takeAll(limiter)) permit.fail(busy);
    expect(limiter.limit).toBe(4);
    const one = new AdaptiveLimiter({ initial: 1 });
    one.tryAcquire()!.fail(busy);
    expect(one.limit).toBe(1);
  });

  it("admits no one until as many permits are released as the limit has fallen by", async () => {
    const limiter = new AdaptiveLimiter({ initial: 4 });
    const permits = takeAll(limiter);
    let served = 0;
    const waiting = limiter.acquire().then((permit) => (served++, permit));
    permits[3]!.fail(busy);
    permits[2]!.fail(busy);
    await turn();
    expect([limiter.limit, limiter.running, limiter.available, served]).toEqual([2, 2, 0, 0]);
    permits[1]!.release();
    (await waiting).release();
    expect([limiter.running, limiter.available]).toEqual([1, 1]);
  });

  it("is not caused by other errors", () => {
    const limiter = new AdaptiveLimiter({ initial: 5 });
    for (const permit of takeAll(limiter)) permit.fail(new Error("bad request"));
    expect([limiter.limit, limiter.running]).toEqual([5, 0]);
  });
});

describe("AdaptiveLimiter after a refusal", () => {
  it("waits for 20 successes before it risks another", () => {
    const limiter = refusedAtFive();
    for (let round = 0; round < 4; round++) goodRound(limiter);
    const permits = takeAll(limiter);
    for (const permit of permits.slice(1)) permit.succeed();
    expect(limiter.limit).toBe(4);
    permits[0]!.succeed();
    expect(limiter.limit).toBe(5);
  });

  it("starts again with a step of 1, and doubles the next", () => {
    const limiter = refusedAtFive();
    for (let round = 0; round < 5; round++) goodRound(limiter);
    expect(limiter.limit).toBe(5);
    expect([goodRound(limiter), goodRound(limiter)]).toEqual([7, 11]);
  });

  it("learns nothing from successes of requests sent before it", () => {
    const limiter = new AdaptiveLimiter({ initial: 60 });
    const permits = takeAll(limiter);
    permits.pop()!.fail(busy);
    for (const permit of permits) permit.succeed();
    expect(limiter.limit).toBe(59);
    expect(goodRound(limiter)).toBe(60);
  });
});

describe("AdaptiveLimiter beside other processes", () => {
  /** Has the one request refused that was sent with the limit full. */
  function refuseLast(limiter: AdaptiveLimiter): number {
    const permits = takeAll(limiter);
    permits.pop()!.fail(busy);
    for (const permit of permits) permit.release();
    return limiter.limit;
  }

  it("gives up a hundredth more than was refused, and the first step takes it back", () => {
    const limiter = new AdaptiveLimiter({ initial: 100 });
    expect(refuseLast(limiter)).toBe(98);
    expect(goodRound(limiter)).toBe(100);
  });

  it("gives up 8 % if no more were in flight than got through before", () => {
    const limiter = new AdaptiveLimiter({ initial: 100 });
    expect(refuseLast(limiter)).toBe(98);
    expect(refuseLast(limiter)).toBe(90); // 97 got through, less 7.84
    expect(goodRound(limiter)).toBe(91);
  });

  it("keeps the fractions of what it gives up", () => {
    const limiter = new AdaptiveLimiter({ initial: 50 });
    expect(refuseLast(limiter)).toBe(49); // 0.5 remain to be given up
    expect(refuseLast(limiter)).toBe(44); // 48 got through, less 0.5 + 3.92
  });

  it("does not ignore the refusals that follow that of a single request", () => {
    const limiter = new AdaptiveLimiter({ initial: 1 });
    limiter.tryAcquire()!.fail(busy);
    expect(goodRound(limiter)).toBe(2);
    expect(refuseLast(limiter)).toBe(1);
  });
});

/** A service that handles one request after another, 150 ms each, including abandoned ones. */
function serialService() {
  let freeAt = 0;
  let served = 0;
  return {
    served: () => served,
    ask: async (timeout: number): Promise<void> => {
      const start = performance.now();
      freeAt = Math.max(freeAt, start) + 150;
      served++;
      const takes = freeAt - start;
      await new Promise((resolve) => setTimeout(resolve, Math.min(takes, timeout)));
      if (takes > timeout) throw new DOMException("late", "TimeoutError");
    },
  };
}

describe("AdaptiveLimiter with a timeout", () => {
  it("admits no more than the service can handle in time, one after another", async () => {
    vi.useFakeTimers();
    const limiter = new AdaptiveLimiter({ initial: 2, timeout: 400 });
    const { ask, served } = serialService();
    const all = Promise.all(Array.from({ length: 20 }, () => limiter.use(() => ask(400))));
    await vi.runAllTimersAsync();
    await all;
    expect([served(), limiter.limit]).toEqual([20, 2]);
  });

  it("grows if concurrent requests take no longer", async () => {
    vi.useFakeTimers();
    const limiter = new AdaptiveLimiter({ initial: 2, timeout: 400 });
    const quick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 150));
    const all = Promise.all(Array.from({ length: 200 }, () => limiter.use(quick)));
    await vi.runAllTimersAsync();
    await all;
    expect(limiter.limit).toBeGreaterThan(10);
  });

  it("refuses an invalid timeout", () => {
    expect(() => new AdaptiveLimiter({ timeout: 0 })).toThrow("timeout must be more than 0 milliseconds");
  });
});
