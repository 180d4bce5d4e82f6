import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type RateLease, type RateLimit, RateLimiter } from "../index.ts";

const minute = { limit: 10, interval: 60_000 };
const second = 1000;

function free(limiter: RateLimiter): number | undefined {
  return limiter.state.requests?.free;
}

async function start(limiter: RateLimiter, count: number): Promise<RateLease[]> {
  const leases: RateLease[] = [];
  for (let n = 0; n < count; n++) leases.push(await limiter.acquire());
  return leases;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("observe: remaining", () => {
  it("is adopted for an interval if others have used more than the limiter knows of", async () => {
    const limiter = new RateLimiter({ requests: minute });
    const [lease] = await start(limiter, 2);
    limiter.observe({ requests: { limit: 10, remaining: 3 } }, lease);
    expect(free(limiter)).toBe(3);
    await vi.advanceTimersByTimeAsync(59_999);
    expect(free(limiter)).toBe(3);
    await vi.advanceTimersByTimeAsync(1);
    expect(free(limiter)).toBe(10);
  });

  it.each([5 * second, 300 * second])("holds for as long as the service says: %d ms", async (reset) => {
    const limiter = new RateLimiter({ requests: minute });
    limiter.observe({ requests: { remaining: 0, reset } });
    const starts = limiter.acquire().then(() => performance.now());
    await vi.runAllTimersAsync();
    expect(await starts).toBe(reset);
  });

  it("has no effect if it resets at once", () => {
    const limiter = new RateLimiter({ requests: minute });
    limiter.observe({ requests: { remaining: 0, reset: 0 } });
    expect(free(limiter)).toBe(10);
  });

  it("is ignored if it is more than the limiter has left", async () => {
    const limiter = new RateLimiter({ requests: minute });
    const [lease] = await start(limiter, 8);
    limiter.observe({ requests: { remaining: 9 } }, lease);
    limiter.observe({ requests: { remaining: 11 } });
    expect(free(limiter)).toBe(2);
  });

  it("does not count requests in flight as use by others", async () => {
    const limiter = new RateLimiter({ requests: minute });
    const leases = await start(limiter, 5);
    for (const [index, lease] of leases.entries()) {
      limiter.observe({ requests: { remaining: 9 - index } }, lease);
      expect(free(limiter)).toBe(5);
    }
  });

  it("may arrive in any order: the lowest counts", async () => {
    const limiter = new RateLimiter({ requests: minute });
    const [first, second_] = await start(limiter, 2);
    limiter.observe({ requests: { remaining: 4 } }, second_);
    limiter.observe({ requests: { remaining: 6 } }, first);
    expect(free(limiter)).toBe(4);
  });

  it("may arrive late: what has left the window since the request started is not use by others", async () => {
    const limiter = new RateLimiter({ requests: minute });
    await start(limiter, 9);
    await vi.advanceTimersByTimeAsync(59_000);
    const [lease] = await start(limiter, 1);
    await vi.advanceTimersByTimeAsync(2000);
    expect(free(limiter)).toBe(9);
    limiter.observe({ requests: { remaining: 0 } }, lease);
    expect(free(limiter)).toBe(9);
    // The same, known to be current, can only be others.
    limiter.observe({ requests: { remaining: 0 } });
    expect(free(limiter)).toBe(0);
  });

  it("shows even in a late response what others have used beyond that", async () => {
    const limiter = new RateLimiter({ requests: minute });
    await start(limiter, 3);
    await vi.advanceTimersByTimeAsync(59_000);
    const [lease] = await start(limiter, 1);
    await vi.advanceTimersByTimeAsync(2000);
    limiter.observe({ requests: { remaining: 1 } }, lease);
    // Ours were 4, so others had 5 at least.
    expect(free(limiter)).toBe(4);
  });

  it("shows use by others as it happens, each of which expires in turn", async () => {
    const limiter = new RateLimiter({ requests: minute });
    limiter.observe({ requests: { remaining: 8 } });
    await vi.advanceTimersByTimeAsync(20_000);
    limiter.observe({ requests: { remaining: 5 } });
    expect(free(limiter)).toBe(5);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(free(limiter)).toBe(7);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(free(limiter)).toBe(10);
  });

  it("concerns only its own budget, and is ignored without one", async () => {
    const limiter = new RateLimiter({ tokens: { limit: 1000, interval: 60_000 } });
    const lease = await limiter.acquire({ tokens: 100 });
    lease.settle(120);
    limiter.observe({ requests: { remaining: 0 }, tokens: { remaining: 700 } }, lease);
    expect(limiter.state).toMatchObject({ requests: undefined, tokens: { free: 700 } });
    limiter.observe({ requests: { remaining: 0 } });
    expect(limiter.state.tokens?.free).toBe(700);
  });

  it("is compared with the use of each budget, even in a late response", async () => {
    const limiter = new RateLimiter({ requests: minute, tokens: { limit: 1000, interval: 60_000 } });
    await limiter.acquire({ tokens: 500 });
    await vi.advanceTimersByTimeAsync(60_000);
    await limiter.acquire({ tokens: 100 });
    await vi.advanceTimersByTimeAsync(59_000);
    const lease = await limiter.acquire({ tokens: 200 });
    await vi.advanceTimersByTimeAsync(1000);
    limiter.observe({ requests: { remaining: 5 }, tokens: { remaining: 650 } }, lease);
    // Ours were 2 requests and 300 tokens at the most, so others had 3 and 50 at least.
    expect(limiter.state).toMatchObject({ requests: { free: 6 }, tokens: { free: 750 } });
  });

  it("delays no request of a sole user of a service, however late the responses are", async () => {
    const limits = { requests: { limit: 6, interval: 1000 }, tokens: { limit: 40, interval: 700 } };
    const run = async (plans: readonly Plan[], isObserving: boolean): Promise<number[]> => {
      vi.useFakeTimers();
      const limiter = new RateLimiter(limits);
      const service = new Service(limits);
      for (const { at, tokens, looksAfter, answersAfter } of plans) {
        const send = async (): Promise<void> => {
          const lease = await limiter.acquire({ tokens });
          service.arrive(tokens);
          setTimeout(() => {
            const rates = service.rates();
            setTimeout(() => isObserving && limiter.observe(rates, lease), answersAfter);
          }, looksAfter);
        };
        setTimeout(() => void send(), at);
      }
      await vi.runAllTimersAsync();
      return service.arrivals.map(({ at }) => at);
    };
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { maxLength: 40 }), async (plans) => {
        const starts = await run(plans, true);
        expect(starts).toHaveLength(plans.length);
        expect(starts).toEqual(await run(plans, false));
      }),
      { numRuns: 60 },
    );
  });

  it("avoids most refusals if others use the same key", async () => {
    const limits = { requests: { limit: 500, interval: 60_000 } };
    const run = async (isObserving: boolean): Promise<{ refused: number; served: number }> => {
      vi.useFakeTimers();
      const limiter = new RateLimiter(limits);
      const service = new Service(limits);
      const outcome = { refused: 0, served: 0 };
      // Others take up to 200 in each minute; we would take 1200.
      const others = setInterval(() => service.free.requests > 0 && service.arrive(0), 300);
      const worker = async (): Promise<void> => {
        for (;;) {
          const lease = await limiter.acquire();
          const isServed = service.free.requests > 0;
          if (isServed) service.arrive(0);
          outcome[isServed ? "served" : "refused"]++;
          const rates = service.rates();
          await new Promise((resolve) => setTimeout(resolve, 200));
          if (isObserving) limiter.observe(rates, lease);
        }
      };
      for (let n = 0; n < 4; n++) void worker();
      await vi.advanceTimersByTimeAsync(300_000);
      clearInterval(others);
      return outcome;
    };
    const seen = await run(true);
    const blind = await run(false);
    // A limiter that does not observe is refused in the place of each of the others' requests that come early in a minute;
    // one that observes, only for the four in flight when others take the last that is left: 4 per minute, and a margin.
    expect(blind.refused).toBeGreaterThan(300);
    expect(seen.refused).toBeLessThan(30);
    expect(seen.served).toBeGreaterThanOrEqual(blind.served);
  });
});

describe("observe: the limit", () => {
  it("below the limiter's is adopted, and waiting requests for more are rejected", async () => {
    const limiter = new RateLimiter({ tokens: { limit: 100, interval: 1000 } });
    await limiter.acquire({ tokens: 50 });
    const heavy = limiter.acquire({ tokens: 90 });
    const light = limiter.acquire({ tokens: 20 });
    limiter.observe({ tokens: { limit: 80 } });
    await expect(heavy).rejects.toThrow(
      new RangeError("tokens: 90 is more than the limit of 80 in 1000 ms; it could never start"),
    );
    await light;
    expect(performance.now()).toBe(0);
    expect(limiter.state.tokens).toEqual({ limit: 80, interval: 1000, free: 10 });
    await expect(limiter.acquire({ tokens: 81 })).rejects.toThrow(RangeError);
  });

  it("that rises is adopted, and waiting requests start", async () => {
    const limiter = new RateLimiter({ requests: minute });
    const leases = await start(limiter, 10);
    limiter.observe({ requests: { limit: 10, remaining: 0 } }, leases.at(-1));
    const waiting = limiter.acquire();
    limiter.observe({ requests: { limit: 20, remaining: 10 } }, leases.at(-1));
    await waiting;
    expect(performance.now()).toBe(0);
    expect(limiter.state.requests).toMatchObject({ limit: 20, free: 9 });
  });

  it("that the user chose, below the service's, stays", () => {
    const limiter = new RateLimiter({ requests: minute });
    const limits = [50, 60, 10, 50].map((limit) => {
      limiter.observe({ requests: { limit } });
      return limiter.state.requests?.limit;
    });
    // After 10 the user's choice is unknown, and the limit is what the service says.
    expect(limits).toEqual([10, 10, 10, 50]);
  });

  it("that has fallen may rise again", () => {
    const limiter = new RateLimiter({ requests: minute });
    const limits = [4, 7, 12].map((limit) => {
      limiter.observe({ requests: { limit } });
      return limiter.state.requests?.limit;
    });
    expect(limits).toEqual([4, 7, 12]);
  });
});

describe("observe: inputs", () => {
  it("are lowered by what others have used, and a lower limit refuses those that wait for more", async () => {
    const limiter = new RateLimiter({ inputs: { limit: 10, interval: 1000 } });
    const lease = await limiter.acquire({ inputs: 2 });
    limiter.observe({ inputs: { remaining: 5 } }, lease);
    expect(limiter.state.inputs?.free).toBe(5);
    const waiting = limiter.acquire({ inputs: 8 });
    limiter.observe({ inputs: { limit: 7 } });
    await expect(waiting).rejects.toThrow(
      new RangeError("inputs: 8 is more than the limit of 7 in 1000 ms; it could never start"),
    );
  });
});

describe("observe: invalid arguments", () => {
  it.each<[unknown, string]>([
    [null, "rates must be { requests, tokens, inputs }, not null"],
    [{ remaining: 3 }, "there is no option rates.remaining; there are requests, tokens, inputs"],
    [{ requests: 3 }, "requests must be { limit, remaining, reset }, not number 3"],
    [{ requests: { limit: "10" } }, 'requests.limit must be a number, not the string "10"'],
    [{ requests: { limit: 0 } }, "requests.limit must be a whole number from 1, not 0"],
    [{ requests: { remaining: -1 } }, "requests.remaining must be a whole number from 0, not -1"],
    [{ requests: { remaining: Number.NaN } }, "requests.remaining must be a whole number from 0, not NaN"],
    [{ requests: { reset: -1 } }, "requests.reset must be 0 or more milliseconds, not -1"],
    [
      { requests: { remaining: 0, reset: Number.POSITIVE_INFINITY } },
      "requests.reset must be finite, or nothing would ever start again",
    ],
  ])("%o is refused, and nothing is taken of it", (rates, message) => {
    const limiter = new RateLimiter({ requests: minute });
    expect(() => limiter.observe(rates as never)).toThrow(message);
    expect(free(limiter)).toBe(10);
  });

  it("of one budget are refused before the other one is changed", () => {
    const limiter = new RateLimiter({ requests: minute, tokens: minute });
    const rates = { requests: { remaining: 1 }, tokens: { remaining: -1 } };
    expect(() => limiter.observe(rates)).toThrow(RangeError);
    expect(free(limiter)).toBe(10);
  });

  it("include leases of another limiter", async () => {
    const limiter = new RateLimiter({ requests: minute });
    const [lease] = await start(new RateLimiter({ requests: minute }), 1);
    const rates = { requests: { remaining: 1 } };
    expect(() => limiter.observe(rates, lease)).toThrow(
      new TypeError("lease must be a lease of this limiter, not an object (RateLease)"),
    );
    expect(() => limiter.observe(rates, {} as never)).toThrow(TypeError);
    expect(free(limiter)).toBe(10);
  });
});

interface Plan {
  readonly at: number;
  readonly tokens: number;
  /** When the service checks its window, in milliseconds after the request has arrived. */
  readonly looksAfter: number;
  readonly answersAfter: number;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  at: fc.nat({ max: 3000 }),
  tokens: fc.nat({ max: 40 }),
  looksAfter: fc.nat({ max: 1500 }),
  answersAfter: fc.nat({ max: 1500 }),
});

interface ServiceLimits {
  readonly requests: RateLimit;
  readonly tokens?: RateLimit;
}

/** A service with true sliding windows, which reports what is left in them. */
class Service {
  readonly arrivals: { readonly at: number; readonly tokens: number }[] = [];
  readonly #limits: ServiceLimits;

  constructor(limits: ServiceLimits) {
    this.#limits = limits;
  }

  arrive(tokens: number): void {
    this.arrivals.push({ at: performance.now(), tokens });
  }

  get free(): { requests: number; tokens: number } {
    const { requests, tokens } = this.#limits;
    const within = (interval: number): { at: number; tokens: number }[] =>
      this.arrivals.slice(1 + this.arrivals.findLastIndex(({ at }) => at <= performance.now() - interval));
    return {
      requests: requests.limit - within(requests.interval).length,
      tokens:
        tokens === undefined
          ? 0
          : tokens.limit - within(tokens.interval).reduce((sum, each) => sum + each.tokens, 0),
    };
  }

  rates(): { requests: { limit: number; remaining: number }; tokens?: { remaining: number } } {
    const { requests, tokens } = this.free;
    return {
      requests: { limit: this.#limits.requests.limit, remaining: Math.max(0, requests) },
      ...(this.#limits.tokens && { tokens: { remaining: tokens } }),
    };
  }
}
