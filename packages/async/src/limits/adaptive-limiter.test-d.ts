import { expectTypeOf, it } from "vitest";
import { AdaptiveLimiter, type AdaptivePermit, type Permit } from "../index.ts";

const limiter = new AdaptiveLimiter();

it("an adaptive permit can stand where a permit is given back", () => {
  expectTypeOf<AdaptivePermit>().toExtend<Disposable>();
  expectTypeOf<AdaptivePermit>().toExtend<Pick<Permit, "release">>();
  expectTypeOf(limiter.acquire()).toEqualTypeOf<Promise<AdaptivePermit>>();
  expectTypeOf(limiter.tryAcquire()).toEqualTypeOf<AdaptivePermit | undefined>();
});

it("a limiter's use has the type of its body's result", () => {
  expectTypeOf(limiter.use(async () => "a")).toEqualTypeOf<Promise<string>>();
  expectTypeOf(limiter.use(() => 1, { timeout: 5_000 })).toEqualTypeOf<Promise<number>>();
});

it("options may be undefined, as where they are passed on", () => {
  expectTypeOf({ min: undefined, max: undefined, initial: undefined, label: undefined }).toExtend<
    NonNullable<ConstructorParameters<typeof AdaptiveLimiter>[0]>
  >();
  // @ts-expect-error isOverload tells yes or no
  void new AdaptiveLimiter({ isOverload: (error: unknown) => String(error) });
});

it("a request has no weight: the limit counts requests", () => {
  expectTypeOf(limiter.acquire)
    .parameter(0)
    .toEqualTypeOf<
      { readonly signal?: AbortSignal | undefined; readonly timeout?: number | undefined } | undefined
    >();
  // @ts-expect-error weight is a semaphore's
  void limiter.acquire({ weight: 2 });
  // @ts-expect-error and so it is with use
  void limiter.use(() => 1, { weight: 2 });
});

it("the limit is only read", () => {
  expectTypeOf(limiter.label).toEqualTypeOf<string | undefined>();
  // @ts-expect-error the service decides
  limiter.limit = 5;
});
