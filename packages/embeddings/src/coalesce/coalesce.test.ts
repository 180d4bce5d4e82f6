import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { coalesce } from "../index.ts";
import { expected, failureOf, fake } from "../testing/lengths-provider.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

const held = () => {
  const signals: AbortSignal[] = [];
  const { model } = fake({
    embed: (_request, { signal }) => {
      signals.push(signal);
      return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  });
  return { model: coalesce(model, { window: 5 }), signals };
};

describe("coalesce", () => {
  it("needs a model", () => {
    expect(() => coalesce(undefined as never)).toThrow("coalesce needs an embedding model");
  });

  it("combines calls made close together into one request, each with its own result", async () => {
    const { model, requests } = fake();
    const shared = coalesce(model, { window: 5 });
    const first = shared.getTextEmbedding("a");
    await vi.advanceTimersByTimeAsync(4);
    const second = shared.getTextEmbedding("bb");
    expect(requests).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    const third = shared.getTextEmbedding("ccc");
    await vi.advanceTimersByTimeAsync(5);
    expect(await Promise.all([first, second, third])).toEqual(["a", "bb", "ccc"].map(expected));
    expect(requests.map(({ texts }) => texts)).toEqual([["a", "bb"], ["ccc"]]);
  });

  it("gives each caller a result that does not keep those of the others in memory", async () => {
    const block = Float32Array.of(1, 2, 3, 4);
    const embeddings = [0, 1].map((index) => ({
      index,
      embedding: block.subarray(2 * index, 2 * index + 2),
    }));
    const { model } = fake({ embed: async () => ({ embeddings }) });
    const shared = coalesce(model, { window: 5 });
    const all = Promise.all(["a", "bb"].map((text) => shared.getTextEmbedding(text)));
    await vi.advanceTimersByTimeAsync(5);
    expect((await all).map((vector) => Array.from(vector))).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect((await all).map(({ buffer }) => buffer.byteLength)).toEqual([8, 8]);
  });

  it("sends a full request without a wait", async () => {
    const { model, requests } = fake();
    const shared = coalesce(model, { window: 1_000_000 });
    const all = Promise.all(["a", "bb", "ccc"].map((text) => shared.getTextEmbedding(text)));
    expect(await all).toEqual(["a", "bb", "ccc"].map(expected));
    expect(requests).toHaveLength(1);
  });

  it("keeps queries and texts, and callers with their own handlers, apart", async () => {
    const { model, requests } = fake();
    const shared = coalesce(model);
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    const all = Promise.all([
      shared.getTextEmbedding("a"),
      shared.getQueryEmbedding("a"),
      shared.getTextEmbedding("b", { callbackManager }),
    ]);
    await vi.advanceTimersByTimeAsync(2);
    await all;
    expect(requests.map(({ texts, inputType }) => `${inputType} ${texts.join()}`)).toEqual([
      "document a",
      "query a",
      "document b",
    ]);
    expect(debug.getEventPairs("embedding")).toHaveLength(1);
  });

  it.each([
    ["after the window", {}],
    ["when it is full, by another caller", { maxTexts: 2 }],
  ])(
    "gives each caller an event in its own trace, linked with that of the request: %s",
    async (_when, options) => {
      const debug = new DebugHandler();
      const manager = new CallbackManager({ handlers: [debug] });
      const { model } = fake({}, { callbackManager: manager });
      const shared = coalesce(model, options);
      const ask = (name: string, text: string) => manager.asTrace(name, () => shared.getTextEmbedding(text));
      const all = Promise.all([ask("one", "a"), ask("two", "bb")]);
      await vi.advanceTimersByTimeAsync(2);
      await all;
      const calls = debug.getEventPairs("embed_texts").map(([, end]) => end);
      const request = calls.find(({ payload }) => payload.sharedBy !== undefined)!;
      const callers = calls.filter((call) => call !== request);
      expect(callers.map(({ traceName, status, endPayload }) => [traceName, status, endPayload])).toEqual(
        ["one", "two"].map((name) => [
          name,
          "ok",
          { count: 1, dimensions: 2, sharedCall: { traceId: request.traceId, eventId: request.id } },
        ]),
      );
      expect(request).toMatchObject({ traceName: "one", parentId: callers[0]!.id, endPayload: { count: 2 } });
      expect(request.payload.sharedBy).toEqual(callers.map(({ traceId, id }) => ({ traceId, eventId: id })));
      expect(new Set(callers.map(({ traceId }) => traceId)).size).toBe(2);
    },
  );

  it("ends the event of a caller that is aborted, or whose text fails, as what it is", async () => {
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    const { model } = fake({}, { callbackManager });
    const shared = coalesce(model);
    const stop = new AbortController();
    const failures = Promise.all([
      failureOf(shared.getTextEmbedding("a", { signal: stop.signal })),
      failureOf(shared.getTextEmbedding(" ")),
      shared.getTextEmbedding("b"),
    ]);
    stop.abort(new Error("no longer wanted"));
    await vi.advanceTimersByTimeAsync(2);
    await failures;
    const statuses = debug
      .getEventPairs("embed_texts")
      .filter(([, end]) => end.payload.sharedBy === undefined)
      .map(([, end]) => end.status);
    expect(statuses).toEqual(["aborted", "error", "ok"]);
  });

  it("fails only the caller whose text cannot be sent", async () => {
    const { model } = fake();
    const shared = coalesce(model);
    const bad = failureOf(shared.getTextEmbedding(" "));
    const good = shared.getTextEmbedding("a");
    await vi.advanceTimersByTimeAsync(2);
    expect(await bad).toBeInstanceOf(RangeError);
    expect(await good).toEqual(expected("a"));
  });

  it("fails all callers of a request that fails, each with its error", async () => {
    const refused = Object.assign(new Error("refused"), { retryable: false });
    const { model } = fake({ embed: () => Promise.reject(refused) });
    const shared = coalesce(model);
    const failures = Promise.all(["a", "b"].map((text) => failureOf(shared.getTextEmbedding(text))));
    await vi.advanceTimersByTimeAsync(2);
    expect(await failures).toEqual([refused, refused]);
  });

  it("ends only the wait of an aborted caller, and the request once no caller waits", async () => {
    const { model, signals } = held();
    const [one, two] = [new AbortController(), new AbortController()];
    const first = failureOf(model.getTextEmbedding("a", { signal: one.signal }));
    const second = failureOf(model.getTextEmbedding("b", { signal: two.signal }));
    await vi.advanceTimersByTimeAsync(5);
    const reason = new Error("no longer wanted");
    one.abort(reason);
    expect(await first).toBe(reason);
    expect(signals[0]!.aborted).toBe(false);
    two.abort(reason);
    expect(await second).toBe(reason);
    expect(signals[0]!.aborted).toBe(true);
  });

  it("sends nothing for callers that were aborted before", async () => {
    const { model, signals } = held();
    const stop = new AbortController();
    const left = failureOf(model.getTextEmbedding("a", { signal: stop.signal }));
    const reason = new Error("no longer wanted");
    stop.abort(reason);
    expect(await left).toBe(reason);
    await vi.advanceTimersByTimeAsync(5);
    expect(signals).toEqual([]);
    expect(await failureOf(model.getTextEmbedding("a", { signal: stop.signal }))).toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    [{ callTimeout: 5 }, "there is no option callTimeout; it is called totalTimeout"],
    [{ totalTimeout: 0 }, "totalTimeout must be more than 0 milliseconds, not 0"],
    [{ signal: {} }, "signal must be an AbortSignal, not an object (Object)"],
  ])("refuses the options %j of a call as the model does", async (options, message) => {
    const { model, requests } = fake();
    for (const each of [model, coalesce(model)]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      const failures = await Promise.all([
        failureOf(each.getTextEmbedding("a", options as never)),
        failureOf(each.getQueryEmbedding("a", options as never)),
      ]);
      expect(failures.map((failure) => (failure as Error).message)).toEqual([message, message]);
    }
    expect(requests).toEqual([]);
  });

  it("enforces the totalTimeout of each caller", async () => {
    const { model } = held();
    const late = failureOf(model.getTextEmbedding("a", { totalTimeout: 50 }));
    await vi.advanceTimersByTimeAsync(50);
    expect(await late).toMatchObject({ name: "TimeoutError" });
  });

  it("is otherwise the model itself, and closes it after the waiting texts were sent", async () => {
    const { model, requests } = fake();
    const shared = coalesce(model, { window: 1_000 });
    expect((await shared.getTextEmbeddingBatch(["a"])).embeddings).toEqual([expected("a")]);
    expect(await Array.fromAsync(shared.streamTextEmbeddings(["b"]))).toHaveLength(1);
    expect(shared.dimensions).toBe(2);
    const waiting = shared.getTextEmbedding("c");
    await shared.aclose();
    expect(await waiting).toEqual(expected("c"));
    expect([model.closed, shared.closed, requests.length]).toEqual([true, true, 3]);
    const after = failureOf(shared.getTextEmbedding("d"));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(String(await after)).toContain("is closed");
  });

  it.each([
    [{ window: -1 }, "window must be 0 or more milliseconds, not -1"],
    [{ window: Number.NaN }, "window must be 0 or more milliseconds, not NaN"],
    [{ window: "1" as never }, "window must be a number of milliseconds"],
    [{ maxTexts: 0 }, "maxTexts must be a whole number from 1, not 0"],
  ])("refuses %j", (options, message) => {
    expect(() => coalesce(fake().model, options)).toThrow(message);
  });
});
