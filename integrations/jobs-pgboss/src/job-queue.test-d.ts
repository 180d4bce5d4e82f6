import { assertType, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { type AnyJob, defineJob, type FinishedJob, type JobDefinition, type JobQueue } from "./index.ts";

declare const queue: JobQueue;

const plain = defineJob("plain", { handler: async (n: number) => `${n}` });
const checked = defineJob("checked", {
  schema: z.object({ at: z.string().transform(Number), size: z.number().default(1) }),
  tenant: ({ at }) => {
    expectTypeOf(at).toEqualTypeOf<string>();
    return at;
  },
  handler: ({ at, size }) => {
    expectTypeOf(at).toEqualTypeOf<number>();
    expectTypeOf(size).toEqualTypeOf<number>();
    return { at };
  },
});

it("payload and result are inferred", () => {
  expectTypeOf(plain).toEqualTypeOf<JobDefinition<number, string>>();
  expectTypeOf(checked).toEqualTypeOf<
    JobDefinition<{ at: string; size?: number | undefined }, { at: number }>
  >();
  assertType<readonly AnyJob[]>([plain, checked]);
});

it("the queue takes the payloads of the job, and gives its results", () => {
  void queue.enqueue(checked, [{ at: "1" }], { key: ({ at }) => at });
  // @ts-expect-error -- a number is no text
  void queue.enqueue(checked, [{ at: 1 }]);
  void queue.work([plain, checked]);
  expectTypeOf(queue.results(plain)).toEqualTypeOf<
    AsyncGenerator<FinishedJob<number, string>, void, undefined>
  >();
});

it("a result is there where the job is done, an error where it has failed", async () => {
  for await (const job of queue.results(plain)) {
    if (job.status === "done") expectTypeOf(job.result).toEqualTypeOf<string>();
    else expectTypeOf(job.error.message).toEqualTypeOf<string>();
  }
});
