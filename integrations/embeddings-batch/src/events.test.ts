import { CallbackManager, DebugHandler, TokenCountingHandler } from "@llx/callbacks";
import { UsageLedger } from "@llx/callbacks/usage";
import { describe, expect, it } from "vitest";
import { FakeBatchService, vectorOf } from "./testing/fake-batch-service.ts";
import { runFixture } from "./testing/run-fixture.ts";

const { start } = runFixture();

describe("a run", () => {
  it("is an event, with jobs and steps of batches in it, whose usage is counted", async () => {
    const debug = new DebugHandler();
    const counter = new TokenCountingHandler();
    const service = new FakeBatchService({ usage: { inputTokens: 3, totalTokens: 3 }, polls: 0 });
    const callbackManager = new CallbackManager({ handlers: [debug, counter] });
    const run = await start(["a", "b", "c", "d", "a"], service, { callbackManager });
    const { usage } = await run.finished();
    await run.aclose();
    expect(usage).toEqual({ inputTokens: 12, totalTokens: 12 });
    expect(counter.totalTokens).toBe(12);

    const [root, ...others] = debug.getEventPairs("embed_texts").map(([, end]) => end);
    expect(others).toEqual([]);
    expect(root).toMatchObject({
      status: "ok",
      payload: { provider: "fake", model: "counts", count: 5, inputType: "document" },
      endPayload: { count: 5, failed: 0, cached: 0, requests: 2, dimensions: 4, usage: { inputTokens: 12 } },
    });
    const steps = debug.getEventPairs("embedding_batch").map(([, end]) => end);
    expect(steps.map(({ payload: { part, round, step } }) => `${part} ${round} ${step}`).toSorted()).toEqual([
      "0 1 poll",
      "0 1 store",
      "0 1 submit",
      "1 1 poll",
      "1 1 store",
      "1 1 submit",
    ]);
    expect(new Set(steps.map(({ traceId }) => traceId))).toEqual(new Set([root!.traceId]));
    expect(
      steps.find(({ payload }) => payload.part === 0 && payload.step === "poll")?.endPayload,
    ).toMatchObject({ state: "done" });
    expect(new Set(debug.getEventPairs("embedding").map(([{ payload }]) => payload.batch))).toEqual(
      new Set(steps.map(({ payload }) => payload.batch).filter((batch) => batch !== undefined)),
    );
    expect(debug.getEventPairs("embedding").map(([, { endPayload }]) => endPayload)).toEqual(
      expect.arrayContaining([
        { count: 3, dimensions: 4, usage: { inputTokens: 9, totalTokens: 9 } },
        { count: 1, dimensions: 4, usage: { inputTokens: 3, totalTokens: 3 } },
      ]),
    );
  });

  it("costs what batches cost in a ledger", async () => {
    const prices = { counts: { input: 2, batch: { input: 1, window: 1 } } };
    const ledger = new UsageLedger({ prices });
    const counter = new TokenCountingHandler({ onCount: ledger.add });
    const service = new FakeBatchService({ usage: { inputTokens: 100, totalTokens: 100 }, polls: 0 });
    const callbackManager = new CallbackManager({ handlers: [counter] });
    const run = await start(["a", "b", "c"], service, { callbackManager });
    await run.finished();
    expect(ledger.total).toMatchObject({ inputTokens: 300, cost: 0.0003 });
  });

  it("reports its progress in texts, equal ones and failures included", async () => {
    const told: string[] = [];
    const showProgress = {
      start: (total: number | undefined, desc?: string) => void told.push(`start ${total} ${desc}`),
      advance: (steps: number, failed: number) => void told.push(`${steps} ${failed}`),
      stop: () => void told.push("stop"),
    };
    const service = new FakeBatchService({
      results: (all) => all.map((each) => (each.id === "1" ? { id: "1", error: new Error("no") } : each)),
    });
    const run = await start(["a", "b", "b", "a", "a"], service, { showProgress });
    await run.finished();
    await run.aclose();
    expect(told).toEqual(["start 5 fake texts", "5 2", "stop"]);
  });

  it("reports as cached what took no work: from the cache, or of an earlier process", async () => {
    const told: string[] = [];
    const showProgress = {
      start: () => {},
      advance: (...counts: number[]) => void told.push(counts.join(" ")),
      stop: () => {},
    };
    const cache = new Map([["b", vectorOf("b")]]);
    const texts = ["a", "b", "c", "c", "d"];
    const run = await start(texts, new FakeBatchService(), { showProgress, cache });
    await run.finished();
    await run.aclose();
    expect(told.splice(0)).toEqual(["1 0 1", "4 0 0"]);
    const again = await start(texts, new FakeBatchService(), { showProgress, cache });
    await again.finished();
    expect(told).toEqual(["1 0 1", "4 0 4"]);
  });

  it("reports as cached the texts that are equal to some that have landed", async () => {
    const told: string[] = [];
    const showProgress = {
      start: () => {},
      advance: (...counts: number[]) => void told.push(counts.join(" ")),
      stop: () => {},
    };
    const landed = Promise.withResolvers<void>();
    async function* texts(): AsyncGenerator<string> {
      // Texts are read by 500. With the fourth different one, the first three are sent.
      yield* ["a", "b", "c", ...Array.from({ length: 496 }, () => "c"), "d"];
      await landed.promise;
      yield "a";
    }
    const run = await start(texts(), new FakeBatchService(), { showProgress });
    for await (const { text } of run.results()) if (text === "b") landed.resolve();
    await run.finished();
    expect(told).toEqual(["499 0 0", "1 0 1", "1 0 0"]);
  });
});
