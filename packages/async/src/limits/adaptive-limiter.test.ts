import { getEventListeners } from "node:events";
import * as fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { AdaptiveLimiter, type AdaptivePermit } from "../index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const busy = Object.assign(new Error("too many requests"), { status: 429 });

afterEach(() => vi.useRealTimers());

/** Takes all permits that are free. */
function takeAll(limiter: AdaptiveLimiter): AdaptivePermit[] {
  const permits: AdaptivePermit[] = [];
  for (let permit = limiter.tryAcquire(); permit !== undefined; permit = limiter.tryAcquire()) {
    permits.push(permit);
  }
  return permits;
}

/** The limit is in use, and all goes well. */
function goodRound(limiter: AdaptiveLimiter): number {
  for (const permit of takeAll(limiter)) permit.succeed();
  return limiter.limit;
}

/** A limiter whose limit has just become 4 by a refusal. */
function refusedAtFive(): AdaptiveLimiter {
  const limiter = new AdaptiveLimiter({ initial: 5 });
  const permits = takeAll(limiter);
  permits.pop()!.fail(busy);
  for (const permit of permits) permit.succeed();
  expect(limiter.limit).toBe(4);
  return limiter;
}

describe("growing", () => {
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
    const [first, second, scout] = takeAll(limiter);
    first!.succeed();
    second!.succeed();
    for (let n = 0; n < 5; n++) limiter.tryAcquire()!.succeed();
    expect(limiter.limit).toBe(3);
    scout!.succeed();
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
    const [other, scout] = takeAll(limiter);
    other!.succeed();
    for (let n = 2; n < 16 * 2; n++) limiter.tryAcquire()!.succeed();
    expect(limiter.limit).toBe(2);
    limiter.tryAcquire()!.succeed();
    expect(limiter.limit).toBe(3);
    scout!.succeed();
    expect([limiter.limit, limiter.running]).toEqual([3, 0]);
  });

  it("takes the next request with the limit full where nothing became known of the first", () => {
    const limiter = new AdaptiveLimiter({ initial: 2 });
    const [other, scout] = takeAll(limiter);
    scout!.fail(new Error("no such model"));
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

describe("shrinking", () => {
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

describe("after a refusal", () => {
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

describe("a permit", () => {
  it("is given back once, by whichever comes first", async () => {
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

  it("is given back also where isOverload throws", () => {
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

describe("waiting", () => {
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

describe("close", () => {
  it("refuses all who wait and who come; what is out can be given back", async () => {
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

  it("takes a reason, and is no matter twice", async () => {
    const limiter = new AdaptiveLimiter();
    limiter.close(undefined);
    limiter.close(new Error("second"));
    await expect(limiter.acquire()).rejects.toThrow(new Error("the limiter is closed"));
    const other = new AdaptiveLimiter();
    other.close("because");
    await expect(other.acquire()).rejects.toBe("because");
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

describe("with a time-out", () => {
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

describe("use", () => {
  it("gives what the function gives, and takes it as a success", async () => {
    const limiter = new AdaptiveLimiter({ initial: 1 });
    expect(await limiter.use(() => limiter.running)).toBe(1);
    expect([limiter.limit, limiter.running]).toEqual([2, 0]);
  });

  it("throws what the function throws, also at once, and shrinks on overload alone", async () => {
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

describe("overload", () => {
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

  it("is what isOverload says", () => {
    const seen: unknown[] = [];
    const isOverload = (error: unknown): boolean => seen.push(error) > 1;
    const limiter = new AdaptiveLimiter({ initial: 4, isOverload });
    limiter.tryAcquire()!.fail("a");
    expect(limiter.limit).toBe(4);
    limiter.tryAcquire()!.fail("b");
    expect([limiter.limit, seen]).toEqual([2, ["a", "b"]]);
  });
});

describe("options", () => {
  it("have defaults", () => {
    expect(new AdaptiveLimiter().limit).toBe(10);
    expect(new AdaptiveLimiter({ min: 20 }).limit).toBe(20);
    expect(new AdaptiveLimiter({ max: 3 }).limit).toBe(3);
    expect(new AdaptiveLimiter({ label: "embeddings" }).label).toBe("embeddings");
    expect(() => new AdaptiveLimiter({ min: 201 })).toThrow(
      new RangeError("min must be no more than max, not 201 where max is 200"),
    );
  });

  it.each(["min", "max", "initial"])("refuse a %s that is no whole number from 1", (name) => {
    for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new AdaptiveLimiter({ [name]: value })).toThrow(
        new RangeError(`${name} must be a whole number from 1, not ${value}`),
      );
    }
    expect(() => new AdaptiveLimiter({ [name]: "4" })).toThrow(
      new TypeError(`${name} must be a number, not the string "4"`),
    );
  });

  it("refuse what does not fit together, and what is of the wrong kind", () => {
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

describe("with a service whose capacity changes", () => {
  it.each([1, 2, 3])("has most of what is possible, and is seldom refused (seed %i)", (seed) => {
    const { goodput, refused } = simulate(seed);
    expect(goodput).toBeGreaterThan(0.9);
    expect(goodput).toBeLessThan(1.02);
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(0.05);
  });
});

it("never lets more through than the highest limit there was, and loses no permit", async () => {
  const endings = ["succeed", "refused", "failed", "release", "abort"] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.record({ min: fc.integer({ min: 1, max: 3 }), initial: fc.integer({ min: 3, max: 6 }) }),
      fc.array(fc.record({ ending: fc.constantFrom(...endings), waits: fc.nat({ max: 2 }) }), {
        maxLength: 60,
      }),
      async (scheduler, { min, initial }, users) => {
        const limiter = new AdaptiveLimiter({ min, max: 9, initial });
        let highest = initial;
        let running = 0;
        const check = (): void => {
          highest = Math.max(highest, limiter.limit);
          expect(limiter.limit).toBeGreaterThanOrEqual(min);
          expect(limiter.limit).toBeLessThanOrEqual(9);
          expect(running).toBeLessThanOrEqual(highest);
          expect(limiter.running).toBeLessThanOrEqual(highest);
          expect(limiter.running + limiter.available).toBe(limiter.limit);
        };
        const use = async ({ ending, waits }: (typeof users)[number]): Promise<void> => {
          const controller = new AbortController();
          if (ending === "abort") void scheduler.schedule(Promise.resolve()).then(() => controller.abort());
          let permit: AdaptivePermit;
          try {
            permit = await limiter.acquire({ signal: controller.signal });
          } catch (error) {
            expect(ending === "abort" && error === controller.signal.reason).toBe(true);
            return;
          }
          running++;
          check();
          for (let n = 0; n < waits; n++) await scheduler.schedule(Promise.resolve());
          running--;
          if (ending === "succeed") permit.succeed();
          else if (ending === "refused") permit.fail(busy);
          else if (ending === "failed") permit.fail(new Error("other"));
          else permit.release();
          check();
        };
        await scheduler.waitFor(Promise.all(users.map(use)));
        expect([limiter.running, limiter.waiting, limiter.available]).toEqual([0, 0, limiter.limit]);
      },
    ),
  );
});

/**
 * Two minutes of a service that does a request in 0.1 to 0.3 s, refuses in 10 ms what is beyond its capacity, and
 * changes that, from 5 to 100, every 10 to 30 s. There is always something to send.
 *
 * @returns goodput as a share of what keeps the service full, and the share of requests refused, the 0.4 s after
 *   each change left out
 */
function simulate(seed: number): { goodput: number; refused: number } {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const limiter = new AdaptiveLimiter();
  const events: { at: number; happens(): void }[] = [];
  const later = (at: number, happens: () => void): void => {
    let index = events.length;
    while (index > 0 && events[index - 1]!.at < at) index--;
    events.splice(index, 0, { at, happens });
  };
  let capacity = 20;
  let possible = 0;
  let changedAt = -Infinity;
  let inService = 0;
  let done = 0;
  let sent = 0;
  let refused = 0;
  const change = (now: number): void => {
    changedAt = now;
    capacity = Math.round(5 * 20 ** random());
    const next = now + 10_000 + 20_000 * random();
    possible += (capacity * (Math.min(next, 120_000) - now)) / 200;
    if (next < 120_000) later(next, () => change(next));
  };
  change(0);
  for (let now = 0; now < 120_000;) {
    for (const permit of takeAll(limiter)) {
      const isLongAfterChange = now > changedAt + 400;
      if (isLongAfterChange) sent++;
      if (inService < capacity) {
        inService++;
        later(now + 100 + 200 * random(), () => {
          inService--;
          done++;
          permit.succeed();
        });
      } else {
        if (isLongAfterChange) refused++;
        later(now + 10, () => permit.fail(busy));
      }
    }
    const next = events.pop()!;
    now = next.at;
    next.happens();
  }
  return { goodput: done / possible, refused: refused / sent };
}
