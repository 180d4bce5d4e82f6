import { describe, expectTypeOf, it } from "vitest";
import {
  batchGather,
  chunks,
  type Completed,
  type InputsError,
  type Job,
  type JobContext,
  mapJobs,
  type Outcome,
  type Permit,
  runAsyncTasks,
  runJobs,
  Semaphore,
  streamJobs,
} from "../index.ts";

declare function stream(): AsyncGenerator<string>;

describe("results", () => {
  it("have the type of the jobs' results", () => {
    expectTypeOf(runJobs([() => 1, async () => 2])).toEqualTypeOf<Promise<number[]>>();
    expectTypeOf(mapJobs(["a"], (text) => text.length)).toEqualTypeOf<Promise<number[]>>();
    expectTypeOf(mapJobs(stream(), async (text) => ({ text }))).toEqualTypeOf<Promise<{ text: string }[]>>();
  });

  it("of jobs that differ are any of theirs", () => {
    const differing = runJobs([
      async () => 1,
      ({ signal }) => (signal.aborted ? String(signal.reason) : null),
    ]);
    expectTypeOf(differing).toEqualTypeOf<Promise<(number | string | null)[]>>();
    expectTypeOf(runJobs([async () => 1, async () => "a"], { settle: true })).toEqualTypeOf<
      Promise<Outcome<number | string, (() => Promise<number>) | (() => Promise<string>)>[]>
    >();
    expectTypeOf(batchGather([async () => 1, () => "a"])).toEqualTypeOf<Promise<(number | string)[]>>();
    expectTypeOf(mapJobs([1], (n) => (n > 1 ? Promise.resolve(n) : String(n)))).toEqualTypeOf<
      Promise<(number | string)[]>
    >();
  });

  it("pass through functions of a user's own", () => {
    const all = <T>(jobs: Job<T>[]): Promise<T[]> => runJobs(jobs);
    const map = <T>(texts: string[], each: (text: string) => T | PromiseLike<T>): Promise<T[]> =>
      mapJobs(texts, (text) => each(text));
    const asyncMap = <T>(texts: string[], each: (text: string) => Promise<T>): Promise<T[]> =>
      mapJobs(texts, each);
    expectTypeOf(all([() => 1])).toEqualTypeOf<Promise<number[]>>();
    expectTypeOf(map(["a"], () => 1)).toEqualTypeOf<Promise<number[]>>();
    expectTypeOf(asyncMap(["a"], async () => 1)).toEqualTypeOf<Promise<number[]>>();
  });

  it("are outcomes with settle", () => {
    expectTypeOf(runJobs([() => 1], { settle: true })).toEqualTypeOf<
      Promise<Outcome<number, Job<number>>[]>
    >();
    const outcomes = mapJobs(["1"], Number, { settle: true });
    expectTypeOf(outcomes).toEqualTypeOf<Promise<Outcome<number, string>[]>>();
    expectTypeOf(outcomes).toExtend<Promise<PromiseSettledResult<number>[]>>();
    expectTypeOf(mapJobs([1], String, { settle: false })).toEqualTypeOf<Promise<string[]>>();
  });

  it("are in the error too, if the inputs fail", () => {
    expectTypeOf<InputsError<number, string>["outcomes"]>().toEqualTypeOf<Outcome<number, string>[]>();
    expectTypeOf<InputsError["outcomes"]>().toEqualTypeOf<Outcome<unknown, unknown>[]>();
    expectTypeOf<InputsError>().toExtend<Error>();
  });

  it("of inputs that are promises come from a mapper that awaits them", () => {
    expectTypeOf(mapJobs([Promise.resolve(1)], async (input) => (await input) + 1)).toEqualTypeOf<
      Promise<number[]>
    >();
    // @ts-expect-error the mapper receives the promise
    void mapJobs([Promise.resolve(1)], (input: number) => input + 1);
  });

  it("come from jobs, not from promises", () => {
    // @ts-expect-error a started promise is no job
    void runJobs([Promise.resolve(1)]);
    expectTypeOf(runJobs([(context: JobContext) => context.signal.aborted])).toEqualTypeOf<
      Promise<boolean[]>
    >();
  });
});

describe("streams", () => {
  it("give results, or results with their index", () => {
    expectTypeOf(streamJobs([() => 1])).toEqualTypeOf<AsyncGenerator<number, void, undefined>>();
    expectTypeOf(streamJobs([async () => "a"], { settle: true })).toEqualTypeOf<
      AsyncGenerator<Outcome<string, Job<string>>, void, undefined>
    >();
    expectTypeOf(streamJobs([async () => "a"], { ordered: false })).toEqualTypeOf<
      AsyncGenerator<Completed<string>, void, undefined>
    >();
    expectTypeOf<Completed<string>>().toEqualTypeOf<{ readonly index: number; readonly value: string }>();
  });
});

describe("tasks", () => {
  it("of a list known at compile time have a type each", () => {
    expectTypeOf(runAsyncTasks([async () => 1, () => "a", Promise.resolve(true)])).toEqualTypeOf<
      Promise<[number, string, boolean]>
    >();
  });

  it("of any iterable have one type", () => {
    expectTypeOf(runAsyncTasks(new Set([async () => 1]))).toEqualTypeOf<Promise<number[]>>();
    expectTypeOf(batchGather([async () => 1])).toEqualTypeOf<Promise<number[]>>();
    // @ts-expect-error a started promise cannot be held back
    void batchGather([Promise.resolve(1)]);
  });
});

it("chunks by weight take what weighs the items", () => {
  expectTypeOf(chunks(["a"], { maxWeight: 5, weigh: (text) => text.length })).toEqualTypeOf<
    Generator<string[], void, undefined>
  >();
  // @ts-expect-error a weight needs something to weigh with
  void chunks(["a"], { maxWeight: 5 });
});

it("chunks have the type of the items and the pad", () => {
  expectTypeOf(chunks([1], 2)).toEqualTypeOf<Generator<number[], void, undefined>>();
  expectTypeOf(chunks([1], 2, { pad: null })).toEqualTypeOf<Generator<(number | null)[], void, undefined>>();
  expectTypeOf(chunks(stream(), 2)).toEqualTypeOf<AsyncGenerator<string[], void, undefined>>();
});

it("a semaphore's use has the type of its body's result", () => {
  expectTypeOf(new Semaphore(1).use(async () => "a")).toEqualTypeOf<Promise<string>>();
});

it("a permit can be disposed of", () => {
  expectTypeOf(new Semaphore(1).acquire()).toEqualTypeOf<Promise<Permit>>();
  expectTypeOf<Permit>().toExtend<Disposable>();
});

it("a wrong name of an option is refused", () => {
  expectTypeOf(mapJobs([1], () => 1, { workers: 3 })).toEqualTypeOf<Promise<number[]>>();
  // @ts-expect-error it is called workers
  void mapJobs([1], () => 1, { worker: 3 });
  // @ts-expect-error only streams are ordered
  void runJobs([() => 1], { ordered: true });
  // @ts-expect-error it is called attempts
  void mapJobs([1], () => 1, { retry: { attempt: 3 } });
});
