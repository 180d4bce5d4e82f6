import { afterEach, describe, expect, it, vi } from "vitest";
import { AdaptiveLimiter } from "../index.ts";
import { busy, goodRound, refusedAtFive, takeAll } from "./test-adaptive-limiter.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

afterEach(() => {
  vi.useRealTimers();
});

describe("AdaptiveLimiter growing", () => {
  it("takes steps that double, one after each good round with the limit in use", () => {
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

  it("does not happen where permits are given back unused, or requests fail", () => {
    const limiter = new AdaptiveLimiter({ initial: 3 });
    for (let n = 0; n < 5; n++) {
      limiter.tryAcquire()!.release();
      limiter.tryAcquire()!.fail(new Error("bad request"));
    }
    for (let n = 0; n < 1000; n++) limiter.tryAcquire()!.succeed();
    expect([limiter.limit, limiter.running]).toEqual([3, 0]);
  });

  it("waits 16 rounds for the first request with the limit full, not for ever", () => {
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

  it("takes the next request with the limit full where nothing became known of the first", () => {
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

  it("serves those who wait", async () => {
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
  it("goes to what got through, in whatever order refusals come back", () => {
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

  it("takes each request of the flight that is refused for one too many", () => {
    const limiter = new AdaptiveLimiter({ initial: 10 });
    const permits = takeAll(limiter).slice(3);
    for (let n = 0; n < 3; n++) {
      permits[n]!.release();
      permits.push(limiter.tryAcquire()!); // each is the tenth under way
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

  it("lets nobody in before as many are back as the limit has shrunk by", async () => {
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

  it("is no matter of other errors", () => {
    const limiter = new AdaptiveLimiter({ initial: 5 });
    for (const permit of takeAll(limiter)) permit.fail(new Error("bad request"));
    expect([limiter.limit, limiter.running]).toEqual([5, 0]);
  });
});

describe("AdaptiveLimiter after a refusal", () => {
  it("waits for 25 successes before it risks another", () => {
    const limiter = refusedAtFive();
    for (let round = 0; round < 6; round++) goodRound(limiter);
    expect(limiter.limit).toBe(4);
    const permits = takeAll(limiter);
    permits[0]!.succeed();
    expect(limiter.limit).toBe(5);
  });

  it("then takes a first step of 1 again, and doubles the next", () => {
    const limiter = refusedAtFive();
    for (let round = 0; round < 7; round++) goodRound(limiter);
    expect(limiter.limit).toBe(5);
    expect([goodRound(limiter), goodRound(limiter)]).toEqual([7, 11]);
  });

  it("learns nothing from successes of what was sent before", () => {
    const limiter = new AdaptiveLimiter({ initial: 60 });
    const permits = takeAll(limiter);
    permits.pop()!.fail(busy);
    for (const permit of permits) permit.succeed();
    expect(limiter.limit).toBe(59);
    expect(goodRound(limiter)).toBe(60);
  });
});

/** A service that works off one request after another, 150 ms each, and goes on with those that were given up. */
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
  it("lets no more through than one worker answers in time, one after another", async () => {
    vi.useFakeTimers();
    const limiter = new AdaptiveLimiter({ initial: 2, timeout: 400 });
    const { ask, served } = serialService();
    const all = Promise.all(Array.from({ length: 20 }, () => limiter.use(() => ask(400))));
    await vi.runAllTimersAsync();
    await all;
    expect([served(), limiter.limit]).toEqual([20, 2]);
  });

  it("grows where requests at once take no longer", async () => {
    vi.useFakeTimers();
    const limiter = new AdaptiveLimiter({ initial: 2, timeout: 400 });
    const quick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 150));
    const all = Promise.all(Array.from({ length: 200 }, () => limiter.use(quick)));
    await vi.runAllTimersAsync();
    await all;
    expect(limiter.limit).toBeGreaterThan(10);
  });

  it("refuses one that is none", () => {
    expect(() => new AdaptiveLimiter({ timeout: 0 })).toThrow("timeout must be more than 0 milliseconds");
  });
});
