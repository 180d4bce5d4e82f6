import { describe, expectTypeOf, it } from "vitest";
import { chunks, type JobContext, mapJobs, runJobs, Semaphore } from "./index.ts";

declare function stream(): AsyncGenerator<string>;

describe("results", () => {
  it("have the type of the jobs' results", () => {
    expectTypeOf(runJobs([() => 1, async () => 2])).toEqualTypeOf<Promise<number[]>>();
    expectTypeOf(mapJobs(["a"], (text) => text.length)).toEqualTypeOf<Promise<number[]>>();
    expectTypeOf(mapJobs(stream(), async (text) => ({ text }))).toEqualTypeOf<Promise<{ text: string }[]>>();
  });

  it("are outcomes with settle", () => {
    expectTypeOf(runJobs([() => 1], { settle: true })).toEqualTypeOf<
      Promise<PromiseSettledResult<number>[]>
    >();
    expectTypeOf(mapJobs([1], String, { settle: false })).toEqualTypeOf<Promise<string[]>>();
  });

  it("come from jobs, not from promises", () => {
    // @ts-expect-error a started promise is no job
    void runJobs([Promise.resolve(1)]);
    expectTypeOf(runJobs([(context: JobContext) => context.signal.aborted])).toEqualTypeOf<
      Promise<boolean[]>
    >();
  });
});

it("chunks have the type of the items and the pad", () => {
  expectTypeOf(chunks([1], 2)).toEqualTypeOf<Generator<number[], void, undefined>>();
  expectTypeOf(chunks([1], 2, { pad: null })).toEqualTypeOf<Generator<(number | null)[], void, undefined>>();
  expectTypeOf(chunks(stream(), 2)).toEqualTypeOf<AsyncGenerator<string[], void, undefined>>();
});

it("a semaphore's use has the type of its body's result", () => {
  expectTypeOf(new Semaphore(1).use(async () => "a")).toEqualTypeOf<Promise<string>>();
});
