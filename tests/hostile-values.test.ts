import { asyncRun, mapJobs, retry, streamJobs } from "@llx/async";
import { CallbackManager, DebugHandler, PrintingHandler } from "@llx/callbacks";
import { createEmbeddingModel, EmbeddingBatchError, type EmbeddingModel } from "@llx/embeddings";
import { fromAiSdk } from "@llx/embeddings-ai-sdk";
import { fromLangChain } from "@llx/embeddings-langchain";
import { createJobQueue, defineJob } from "@llx/jobs-pgboss";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

const trap = (): never => {
  throw new Error("not to be looked at");
};

/** Properties of errors that the packages read. */
const names = (
  "name message stack cause errors code constructor then toString toJSON status statusCode retryable retryAfter refused " +
  "limitInterval requestId usage response headers body data error lastError isRetryable responseHeaders responseBody " +
  "$metadata errorDetails requestID type"
).split(" ");
const keys = [...names, Symbol.toPrimitive, Symbol.toStringTag, Symbol.for("vercel.ai.error")];

const deep = (): unknown => {
  let value: unknown = "bottom";
  for (let depth = 0; depth < 20_000; depth++) value = { value };
  return value;
};

/** Unexpected values of properties, among them a getter that throws. */
const oddities: readonly ((owner: object) => unknown)[] = [
  () => Symbol("odd"),
  () => 10n,
  (owner) => owner,
  deep,
  () => "x".repeat(1_000_000),
  () => trap,
  () => Number.NaN,
  () => -1,
  () => Object.create(null),
  () => ({ toString: trap }),
  () => refusing(),
  () => [[]],
  () => null,
];

const bases: readonly (() => object)[] = [
  () => new Error("odd"),
  () => new TypeError("odd"),
  () => new AggregateError([new Error("one")], "odd"),
  () => new DOMException("odd", "AbortError"),
  () => Object.create(null) as object,
  () => ({}),
  () => [],
  () => () => {},
  () => Object.create(new Error("odd")) as object,
];

const withProperties = fc
  .record({
    base: fc.constantFrom(...bases),
    changes: fc.array(
      fc.record({ key: fc.constantFrom(...keys), odd: fc.constantFrom(undefined, ...oddities) }),
      { minLength: 1, maxLength: 4 },
    ),
    frozen: fc.boolean(),
  })
  .map(({ base, changes, frozen }) => () => {
    const value = base();
    for (const { key, odd } of changes) {
      const rest = { configurable: true, enumerable: true };
      Object.defineProperty(
        value,
        key,
        odd === undefined ? { get: trap, ...rest } : { value: odd(value), ...rest },
      );
    }
    return frozen ? Object.freeze(value) : value;
  });

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

const refusing = (): object => new Proxy({}, { get: trap, has: trap, ownKeys: trap, getPrototypeOf: trap });

/** Makers of values: what makes them looks at values too. */
const thrownValues = fc.oneof(
  { weight: 8, arbitrary: withProperties },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<unknown>(undefined, null, 0, Number.NaN, "", "text", 10n, Symbol("odd"), true)
      .map((value) => () => value),
  },
  { weight: 1, arbitrary: fc.constantFrom(revoked, refusing) },
);

/** The same values in each run. */
const values = fc.sample(thrownValues, { numRuns: 1_000, seed: 23 }).map((make) => make());

// Later failures that the first error cannot hold are reported as warnings.
beforeAll(() => void vi.spyOn(process, "emitWarning").mockImplementation(() => {}));
afterAll(() => vi.restoreAllMocks());

/** Whether a promise rejects with just that. A reason may act like a promise, so it is not passed on. */
const rejectsWith = (promise: Promise<unknown>, thrown: unknown): Promise<boolean> =>
  promise.then(
    () => false,
    (reason: unknown) => Object.is(reason, thrown),
  );

/** Calls a test for each value, and says which one it was that failed. */
async function forEachValue(body: (thrown: unknown) => Promise<void>): Promise<void> {
  for (const [index, thrown] of values.entries()) {
    try {
      await body(thrown);
    } catch (error) {
      throw new Error(`value ${index}`, { cause: error });
    }
  }
}

describe("1,000 unexpected thrown values", { timeout: 60_000 }, () => {
  const retrying = { retry: { attempts: 2, delay: 0 } };

  it("fail only their job, unchanged", async () => {
    await forEachValue(async (thrown) => {
      const job = async (n: number): Promise<number> => {
        if (n === 1) throw thrown;
        return n;
      };
      const outcomes = await mapJobs([0, 1, 2], job, { settle: true, ...retrying });
      expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect(Object.is((outcomes[1] as PromiseRejectedResult).reason, thrown)).toBe(true);
      expect(await rejectsWith(mapJobs([1], job), thrown)).toBe(true);
      expect(await rejectsWith(Array.fromAsync(streamJobs([() => job(1)])), thrown)).toBe(true);
      expect(
        await rejectsWith(
          retry(() => job(1), retrying.retry),
          thrown,
        ),
      ).toBe(true);
      expect(
        await rejectsWith(
          asyncRun(() => job(1)),
          thrown,
        ),
      ).toBe(true);
    });
  });

  it("are recorded in events, printed and exported", async () => {
    const lines: unknown[] = [];
    await forEachValue(async (thrown) => {
      const debug = new DebugHandler({
        sink: { write: (text: string) => lines.push(text) > 0 },
        capture: "full",
      });
      const printing = new PrintingHandler({
        logger: { info: (line: unknown) => void lines.push(line) },
      });
      await using manager = new CallbackManager({ handlers: [debug, printing] });
      const work = manager.asTrace("hostile", () =>
        manager.event("query", { content: { query: thrown as string } }, () => {
          throw thrown;
        }),
      );
      expect(await rejectsWith(Promise.resolve(work), thrown)).toBe(true);
      debug.printTraceMap();
      for (const made of [debug, debug.toChromeTrace(), debug.getEventPairs()]) {
        expect(JSON.stringify(made)).toContain("query");
      }
      expect(manager.openEvents).toBe(0);
    });
    expect(lines.length).toBeGreaterThanOrEqual(values.length);
  });

  it("fail only the texts of their request", async () => {
    const models: Record<string, (thrown: unknown) => EmbeddingModel> = {
      ours: (thrown) =>
        createEmbeddingModel(
          {
            provider: "hostile",
            model: "odd",
            limits: { inputs: 1 },
            embed: async ({ texts }: { texts: readonly string[] }) => {
              if (texts[0] === "bad") throw thrown;
              return { embeddings: [{ embedding: [1, 0] }] };
            },
          },
          retrying,
        ),
      "the AI SDK's": (thrown) =>
        fromAiSdk(
          {
            specificationVersion: "v2",
            provider: "hostile",
            modelId: "odd",
            maxEmbeddingsPerCall: 1,
            supportsParallelCalls: true,
            doEmbed: async ({ values: texts }: { values: string[] }) => {
              if (texts[0] === "bad") throw thrown;
              return { embeddings: [[1, 0]] };
            },
          } as never,
          retrying,
        ),
      "LangChain's": (thrown) =>
        fromLangChain(
          {
            embedDocuments: async (texts: string[]) => {
              if (texts[0] === "bad") throw thrown;
              return [[1, 0]];
            },
            embedQuery: async () => [1, 0],
          },
          { ...retrying, provider: "hostile", model: "odd", limits: { inputs: 1 } },
        ),
    };
    for (const [name, open] of Object.entries(models)) {
      await forEachValue(async (thrown) => {
        await using model = open(thrown);
        const { embeddings, failed } = await model.getTextEmbeddingBatch(["good", "bad"], { settle: true });
        expect([name, embeddings.map((each) => each !== undefined), failed.length]).toEqual([
          name,
          [true, false],
          1,
        ]);
        await expect(model.getTextEmbeddingBatch(["bad"])).rejects.toBeInstanceOf(EmbeddingBatchError);
      });
    }
  });

  it("fail only their job of a durable queue", async () => {
    await using queue = await createJobQueue({});
    const job = defineJob("hostile", {
      retry: { attempts: 1 },
      handler: async (index: number) => {
        if (index % 2 === 0) return "done";
        throw values[(index - 1) / 2];
      },
    });
    await queue.enqueue(
      job,
      values.flatMap((_, index) => [2 * index, 2 * index + 1]),
    );
    await using worker = queue.work(job, { pollInterval: 5 });
    await worker.idle();
    const ended = { done: 0, failed: 0 };
    for await (const { status } of queue.results(job)) ended[status]++;
    expect(ended).toEqual({ done: values.length, failed: values.length });
  });
});
