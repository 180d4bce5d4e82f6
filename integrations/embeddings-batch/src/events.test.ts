import { CallbackManager, DebugHandler, TokenCountingHandler } from "@llx/callbacks";
import { describe, expect, it } from "vitest";
import { FakeBatchService } from "./testing/fake-batch-service.ts";
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
    expect(debug.getEventPairs("embedding").map(([, { endPayload }]) => endPayload)).toEqual(
      expect.arrayContaining([
        { count: 3, dimensions: 4, usage: { inputTokens: 9, totalTokens: 9 } },
        { count: 1, dimensions: 4, usage: { inputTokens: 3, totalTokens: 3 } },
      ]),
    );
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
});
