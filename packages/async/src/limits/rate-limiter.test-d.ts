import { describe, expectTypeOf, it } from "vitest";
import { type ObservedRate, type RateLease, type RateLimit, RateLimiter, type RateState } from "../index.ts";

const minute = { limit: 500, interval: 60_000 };

describe("RateLimiter", () => {
  it("takes requests, tokens or inputs, or several of them", () => {
    const limiters = [
      new RateLimiter({ requests: minute }),
      new RateLimiter({ tokens: minute }),
      new RateLimiter({ requests: minute, tokens: minute }),
      new RateLimiter({ requests: minute, tokens: undefined }),
      new RateLimiter({ inputs: minute }),
      // @ts-expect-error none of them
      new RateLimiter({}),
      // @ts-expect-error no such budget
      new RateLimiter({ requests: minute, characters: minute }),
      // @ts-expect-error no interval
      new RateLimiter({ requests: { limit: 1 } }),
    ];
    expectTypeOf(limiters).toEqualTypeOf<RateLimiter[]>();
  });

  it("gives leases", () => {
    const limiter = new RateLimiter({ requests: minute });
    expectTypeOf(limiter.acquire()).toEqualTypeOf<Promise<RateLease>>();
    expectTypeOf(limiter.acquire({ tokens: 1, signal: undefined })).toEqualTypeOf<Promise<RateLease>>();
    expectTypeOf(limiter.tryAcquire({ tokens: 1 })).toEqualTypeOf<RateLease | undefined>();
    // @ts-expect-error it does not wait, so there is nothing to abort
    limiter.tryAcquire({ signal: AbortSignal.abort() });
    expectTypeOf<RateLease["settle"]>().toBeCallableWith(1);
    expectTypeOf<RateLease["settle"]>().toBeCallableWith();
    expectTypeOf<RateLease["cancel"]>().parameters.toEqualTypeOf<[]>();
  });

  it("learns from what a service tells, which may be nothing", () => {
    const limiter = new RateLimiter({ requests: minute });
    const observed: ObservedRate = { limit: undefined, remaining: 3 };
    limiter.observe({ requests: observed, tokens: undefined });
    // @ts-expect-error which budget?
    limiter.observe({ remaining: 3 });
    expectTypeOf(limiter.observe).parameter(1).toEqualTypeOf<RateLease | undefined>();
    // @ts-expect-error times are milliseconds
    limiter.observe({ requests: { reset: "51s" } });
  });

  it("pauses until a time", () => {
    expectTypeOf<RateLimiter["pauseUntil"]>().parameters.toEqualTypeOf<[time: number | Date]>();
  });

  it("shows what it does", () => {
    expectTypeOf<RateLimiter["state"]>().toEqualTypeOf<RateState>();
    expectTypeOf<RateState["requests"]>().toEqualTypeOf<
      (RateLimit & { readonly free: number }) | undefined
    >();
  });
});
