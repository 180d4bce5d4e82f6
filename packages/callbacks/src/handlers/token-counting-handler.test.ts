import { afterEach, describe, expect, it, vi } from "vitest";
import {
  CallbackManager,
  DebugHandler,
  TokenBudgetError,
  type TokenCount,
  TokenCountingHandler,
  withTags,
} from "../index.ts";
import { UsageLedger } from "../usage.ts";

const words = (text: string): string[] => text.split(" ");

const silenced = () => vi.spyOn(process, "emitWarning").mockImplementation(() => {});

afterEach(() => vi.restoreAllMocks());

describe("TokenCountingHandler", () => {
  it("ignores counts that are not numbers, so that a budget is still enforced", async () => {
    silenced();
    const counter = new TokenCountingHandler({ tokenBudget: 10 });
    const manager = new CallbackManager({ handlers: [counter] });
    await manager.event("llm", (event) => event.set({ usage: { inputTokens: Number.NaN, outputTokens: 5 } }));
    await manager.event("llm", (event) => event.set({ usage: { totalTokens: Number.NaN } }));
    expect(counter).toMatchObject({ totalTokens: 5, uncountedEvents: 2 });
    await manager.event("llm", (event) => event.set({ usage: { totalTokens: 6 } }));
    await expect(manager.event("llm", () => {})).rejects.toThrow(TokenBudgetError);
  });

  it("counts the usage that services report", async () => {
    const counter = new TokenCountingHandler();
    const manager = new CallbackManager({ handlers: [counter] });
    await manager.event("embedding", (event) => event.set({ usage: { inputTokens: 7 } }));
    await manager.event("embedding", (event) => event.set({ usage: { inputTokens: 1, totalTokens: 3 } }));
    await manager.event("llm", (event) => event.set({ usage: { inputTokens: 20, outputTokens: 5 } }));
    await manager.event("llm", (event) => event.set({ usage: { totalTokens: 4 } }));
    await manager.event("query", () => {});
    expect(counter).toMatchObject({
      embeddingTokens: 10,
      promptTokens: 24,
      completionTokens: 5,
      totalTokens: 39,
    });
    expect(counter.uncountedEvents).toBe(0);
    counter.reset();
    expect(counter).toMatchObject({ totalTokens: 0, uncountedEvents: 0 });
  });

  it.each([
    ["prompt_tokens, completion_tokens", { prompt_tokens: 6, completion_tokens: 4 }],
    ["input_tokens and what was cached", { input_tokens: 1, cache_read_input_tokens: 5, output_tokens: 4 }],
    ["promptTokenCount", { usageMetadata: { promptTokenCount: 6, candidatesTokenCount: 4 } }],
    ["billed_units", { meta: { billed_units: { input_tokens: 6, output_tokens: 4 } } }],
    ["thoughts in the total only", { prompt_tokens: 6, completion_tokens: 1, total_tokens: 10 }],
    ["no more than the total and the answer", { total_tokens: 10, completion_tokens: 4 }],
    ["no more than the total and the prompt", { total_tokens: 10, prompt_tokens: 6 }],
  ])("holds a budget by a service's own names: %s", async (_names, usage) => {
    const counter = new TokenCountingHandler({ tokenBudget: 15 });
    const manager = new CallbackManager({ handlers: [counter] });
    const ask = (): Promise<void> => manager.event("llm", (event) => event.set({ usage }));
    await ask();
    expect(counter).toMatchObject({ promptTokens: 6, completionTokens: 4, uncountedEvents: 0 });
    await ask();
    await expect(ask()).rejects.toThrow("20 tokens are used of a budget of 15");
  });

  it("counts what rerankers report, and misses none that report nothing", async () => {
    const counts: Partial<TokenCount>[] = [];
    const onCount = ({ type, model, totalTokens }: TokenCount): void =>
      void counts.push({ type, model, totalTokens });
    const counter = new TokenCountingHandler({ tokenBudget: 50, onCount });
    const manager = new CallbackManager({ handlers: [counter] });
    await manager.event("reranking", { model: "rank" }, (event) => event.set({ usage: { totalTokens: 40 } }));
    await manager.event("reranking", () => {});
    expect(counter).toMatchObject({ rerankingTokens: 40, totalTokens: 40, uncountedEvents: 0 });
    expect(counts).toEqual([{ type: "reranking", model: "rank", totalTokens: 40 }]);
    await manager.event("reranking", (event) => event.set({ usage: { inputTokens: 10 } }));
    await expect(manager.event("reranking", () => {})).rejects.toThrow(TokenBudgetError);
    counter.reset();
    expect(counter).toMatchObject({ rerankingTokens: 0, totalTokens: 0 });
  });

  it("keeps the latest calls, and passes each on", async () => {
    const passed: unknown[] = [];
    const onCount = ({ inputTokens, outputTokens }: TokenCount): void => {
      passed.push([inputTokens, outputTokens]);
    };
    const counter = new TokenCountingHandler({ maxCalls: 2, onCount });
    const manager = new CallbackManager({ handlers: [counter] });
    await withTags({ tenant: "a" }, () =>
      manager.asTrace("nightly", async () => {
        for (const totalTokens of [1, 2, 3, 4]) {
          // oxlint-disable-next-line no-await-in-loop -- in this order
          await manager.event("embedding", { model: "m" }, (event) => event.set({ usage: { totalTokens } }));
        }
        await manager.event("llm", { model: "m" }, (event) => {
          event.set({ model: "m-2026", usage: { inputTokens: 5, outputTokens: 6 } });
        });
      }),
    );
    expect(counter.calls).toEqual([
      expect.objectContaining({
        type: "embedding",
        model: "m",
        inputTokens: 4,
        outputTokens: 0,
        totalTokens: 4,
      }),
      {
        type: "llm",
        model: "m-2026",
        inputTokens: 5,
        outputTokens: 6,
        totalTokens: 11,
        eventId: expect.stringMatching(/^[\da-f]{16}$/),
        traceId: expect.stringMatching(/^[\da-f]{32}$/),
        traceName: "nightly",
        tags: { tenant: "a" },
      },
    ]);
    expect(passed).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
      [4, 0],
      [5, 6],
    ]);
    counter.reset();
    expect(counter.calls).toEqual([]);
  });

  it("keeps no calls with maxCalls 0, none that failed for nothing, and what is known of the others", async () => {
    const none = new TokenCountingHandler({ maxCalls: 0 });
    const counter = new TokenCountingHandler();
    const manager = new CallbackManager({ handlers: [none, counter] });
    await manager.event("llm", () => Promise.reject(new Error("no"))).catch(() => {});
    await manager.event("llm", () => {});
    await manager.event("llm", (event) => event.set({ usage: { inputTokens: 3 } }));
    expect(none.calls).toEqual([]);
    expect(counter.calls.map(({ totalTokens }) => totalTokens)).toEqual([3]);
    expect(none.promptTokens).toBe(3);
  });

  it("checks no budget before the event types whose starts it is told to ignore", async () => {
    const counter = new TokenCountingHandler({ tokenBudget: 5, ignoreEventStarts: ["llm"] });
    const manager = new CallbackManager({ handlers: [counter] });
    const use = (type: "llm" | "embedding"): Promise<void> =>
      manager.event(type, (event) => event.set({ usage: { totalTokens: 6 } }));
    await use("llm");
    await use("llm");
    expect(counter.totalTokens).toBe(12);
    await expect(use("embedding")).rejects.toThrow(TokenBudgetError);
  });

  it("neither counts nor refuses the event types whose ends it is told to ignore", async () => {
    const counter = new TokenCountingHandler({ tokenBudget: 5, ignoreEventEnds: ["embedding"] });
    const manager = new CallbackManager({ handlers: [counter] });
    const use = (type: "llm" | "embedding" | "query"): Promise<void> =>
      manager.event(type, (event) => event.set({ usage: { totalTokens: 6 } }));
    await use("embedding");
    expect(counter.totalTokens).toBe(0);
    await use("llm");
    await use("embedding");
    await use("query");
    expect(counter.totalTokens).toBe(6);
    await expect(use("llm")).rejects.toThrow(TokenBudgetError);
  });

  it.each([-1, 1.5, Number.NaN])("refuses a maxCalls of %s", (maxCalls) => {
    expect(() => new TokenCountingHandler({ maxCalls })).toThrow(RangeError);
  });

  it("warns once when a budget cannot be enforced, because usage is not reported", async () => {
    const warn = silenced();
    const manager = new CallbackManager({ handlers: [new TokenCountingHandler({ tokenBudget: 5 })] });
    await manager.event("llm", (event) => event.set({ usage: { prompt_tokens: 1, completion_tokens: 1 } }));
    await manager.event("embedding", () => Promise.reject(new Error("no"))).catch(() => {});
    expect(warn).not.toHaveBeenCalled();
    await manager.event("embedding", (event) => event.set({ usage: { search_units: 1 } as object }));
    await manager.event("llm", () => {});
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(/^tokenBudget: 5 cannot be enforced: an event of the type embedding has ended/),
        { type: "TokensUncounted", code: "LLX_TOKENS_UNCOUNTED" },
      ],
    ]);
  });

  it("warns once that a report misses calls whose usage is not set", async () => {
    const warn = silenced();
    const ledger = new UsageLedger();
    const manager = new CallbackManager({ handlers: [new TokenCountingHandler({ onCount: ledger.add })] });
    await manager.event("llm", () => ({ usage: { inputTokens: 5 } }));
    await manager.event("llm", (event) => event.set({ usage: { inTok: 5 } as object }));
    expect(ledger.total.calls).toBe(0);
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(
          /^onCount has missed tokens: an event of the type llm has ended without a usage that can be read; call event\.set/,
        ),
        { type: "TokensUncounted", code: "LLX_TOKENS_UNCOUNTED" },
      ],
    ]);
  });

  it("says that a usage is a promise", async () => {
    const warn = silenced();
    const manager = new CallbackManager({ handlers: [new TokenCountingHandler({ onCount() {} })] });
    const usage = Promise.resolve({ inputTokens: 5, outputTokens: 1 });
    await manager.event("llm", (event) => event.set({ usage: usage as object }));
    expect(String(warn.mock.calls[0]?.[0])).toContain(
      "has ended without a usage that can be read (it is a promise: await it); call event.set",
    );
  });

  it("says which count it misses of a call that it has counted", async () => {
    const warn = silenced();
    const ledger = new UsageLedger();
    const manager = new CallbackManager({ handlers: [new TokenCountingHandler({ onCount: ledger.add })] });
    await manager.event("llm", (event) => event.set({ usage: { inputTokens: 10 } }));
    expect(ledger.total).toMatchObject({ calls: 1, inputTokens: 10 });
    expect(String(warn.mock.calls[0]?.[0])).toMatch(
      /^onCount has missed tokens: an event of the type llm has ended without outputTokens in its usage; call/,
    );
  });

  it("adds up what a stream reports in parts", async () => {
    const counter = new TokenCountingHandler();
    const manager = new CallbackManager({ handlers: [counter] });
    await manager.event("llm", (event) => {
      event.set({ usage: { input_tokens: 100, output_tokens: 1 } });
      event.set({ usage: { output_tokens: 50 } });
    });
    expect(counter).toMatchObject({ promptTokens: 100, completionTokens: 50 });
  });

  it("does not warn without a budget and a receiver, or with a tokenizer", async () => {
    const warn = silenced();
    const handlers = [
      new TokenCountingHandler(),
      new TokenCountingHandler({ tokenBudget: 5, tokenizer: words }),
    ];
    const manager = new CallbackManager({ handlers });
    await manager.event("embedding", { content: { texts: ["one two"] } }, () => {});
    expect(handlers.map(({ uncountedEvents }) => uncountedEvents)).toEqual([1, 0]);
    expect(warn).not.toHaveBeenCalled();
  });

  it("counts with the tokenizer when a service reports no usage", async () => {
    const counter = new TokenCountingHandler({ tokenizer: words });
    const manager = new CallbackManager({ handlers: [counter] });
    await manager.event("embedding", { content: { texts: ["one two", "three"] } }, () => {});
    await manager.event("llm", { content: { prompt: "a b c" } }, (event) => {
      event.set({ content: { completion: "d e" } });
    });
    const prompt = [
      { role: "user", content: [{ type: "text", text: "x y" }] },
      { role: "system", content: "z" },
    ];
    await manager.event("llm", { content: { prompt } }, (event) => {
      event.set({ usage: { outputTokens: 100 } });
    });
    expect(counter).toMatchObject({
      embeddingTokens: 3,
      promptTokens: 6,
      completionTokens: 102,
      uncountedEvents: 0,
    });
  });

  it("reports what it could not count", async () => {
    const counter = new TokenCountingHandler();
    const manager = new CallbackManager({ handlers: [counter] });
    await manager.event("embedding", { content: { texts: ["one two"] } }, () => {});
    expect(counter).toMatchObject({ totalTokens: 0, uncountedEvents: 1 });
    // Once, although neither its prompt nor its response could be counted.
    await manager.event("llm", () => {});
    expect(counter).toMatchObject({ totalTokens: 0, uncountedEvents: 2 });
  });

  it("counts nothing for a failed request without usage", async () => {
    const counter = new TokenCountingHandler({ tokenizer: words });
    const manager = new CallbackManager({ handlers: [counter] });
    const failing = manager.event("embedding", { content: { texts: ["one two"] } }, () =>
      Promise.reject(new Error("no")),
    );
    await expect(failing).rejects.toThrow("no");
    expect(counter).toMatchObject({ totalTokens: 0, uncountedEvents: 0 });
  });

  it("needs the texts of events for a tokenizer, and says so when it is added", () => {
    const manager = new CallbackManager({ capture: "sizes" });
    manager.addHandler(new TokenCountingHandler());
    expect(() => manager.addHandler(new TokenCountingHandler({ tokenizer: words }))).toThrow(
      /TokenCountingHandler needs the texts/,
    );
  });

  it("with a budget of 15 stops the work after the second event of 10 tokens, which keeps its result", async () => {
    const counter = new TokenCountingHandler({ tokenBudget: 15 });
    const debug = new DebugHandler();
    const manager = new CallbackManager({ handlers: [counter, debug] });
    let sent = 0;
    const embed = (): Promise<number> =>
      manager.event("embedding", (event) => {
        event.set({ usage: { inputTokens: 10 } });
        return ++sent;
      });
    expect([await embed(), await embed()]).toEqual([1, 2]);
    await expect(embed()).rejects.toThrow(TokenBudgetError);
    await expect(embed()).rejects.toThrow("20 tokens are used of a budget of 15");
    expect(sent).toBe(2);
    expect(manager.openEvents).toBe(0);
    // Those that were refused are in the trace, and cost nothing.
    expect(debug.getEventPairs("embedding").map(([, end]) => end?.status)).toEqual([
      "ok",
      "ok",
      "error",
      "error",
    ]);
    expect(counter).toMatchObject({ totalTokens: 20, uncountedEvents: 0, calls: { length: 2 } });
    counter.reset();
    await embed();
    expect(sent).toBe(3);
  });

  it("lets a budget be used up to its last token, and no further", async () => {
    const counter = new TokenCountingHandler({ tokenBudget: 20 });
    const manager = new CallbackManager({ handlers: [counter] });
    const use = (): Promise<void> =>
      manager.event("embedding", (event) => event.set({ usage: { totalTokens: 10 } }));
    await use();
    await use();
    expect(counter.totalTokens).toBe(20);
    await expect(use()).rejects.toThrow("20 tokens are used of a budget of 20");
  });

  const boom = new Error("onCount");
  it.each<[string, () => void]>([
    [
      "throws",
      () => {
        throw boom;
      },
    ],
    ["rejects", () => Promise.reject(boom)],
  ])(
    "reports what onCount %s with, once for an event, and the work keeps its result",
    async (_how, onCount) => {
      for (const tokenBudget of [undefined, 15]) {
        const onHandlerError = vi.fn();
        const counter = new TokenCountingHandler({ tokenBudget, onCount });
        const manager = new CallbackManager({ handlers: [counter], onHandlerError });
        const use = (): Promise<string> =>
          manager.event("embedding", (event) => {
            event.set({ usage: { totalTokens: 10 } });
            return "result";
          });
        // oxlint-disable-next-line no-await-in-loop -- one manager after the other
        expect([await use(), await use()]).toEqual(["result", "result"]);
        // oxlint-disable-next-line no-await-in-loop -- one manager after the other
        await manager.flush();
        expect(onHandlerError.mock.calls).toEqual(
          [1, 2].map(() => [boom, { handler: counter, hook: "onEventEnd" }]),
        );
        expect(counter.totalTokens).toBe(20);
        // oxlint-disable-next-line no-await-in-loop -- one manager after the other
        if (tokenBudget !== undefined) await expect(use()).rejects.toThrow(TokenBudgetError);
      }
    },
  );

  it("does not delay the work by a slow onCount, and still stops it at the budget; a flush waits for it", async () => {
    const written = Promise.withResolvers<void>();
    const counter = new TokenCountingHandler({ tokenBudget: 5, onCount: () => written.promise });
    const manager = new CallbackManager({ handlers: [counter] });
    const use = (): Promise<void> =>
      manager.event("embedding", (event) => event.set({ usage: { totalTokens: 5 } }));
    await use();
    await expect(use()).rejects.toThrow(TokenBudgetError);
    const flushed = vi.fn();
    const flushing = manager.flush().then(flushed);
    await new Promise(setImmediate);
    expect(flushed).not.toHaveBeenCalled();
    written.resolve();
    await flushing;
  });

  it.each<[string, (text: string) => unknown]>([
    [
      "throws",
      () => {
        throw new TypeError("tokenizer");
      },
    ],
    ["rejects", () => Promise.reject(new Error("late"))],
    ["returns no number", () => ({})],
  ])("does not count what a tokenizer cannot that %s, and reports it", async (_how, tokenizer) => {
    silenced();
    const onHandlerError = vi.fn();
    const counter = new TokenCountingHandler({ tokenBudget: 5, tokenizer: tokenizer as () => number });
    const manager = new CallbackManager({ handlers: [counter], onHandlerError });
    expect(await manager.event("embedding", { content: { texts: ["one"] } }, () => 7)).toBe(7);
    expect(counter).toMatchObject({ totalTokens: 0, uncountedEvents: 1 });
    expect(onHandlerError.mock.calls.map(([error]) => String(error))).toEqual([
      expect.stringMatching(/^TypeError: .*tokenizer/),
    ]);
    await new Promise(setImmediate);
  });

  it("starts nothing with a budget of 0", async () => {
    const manager = new CallbackManager({ handlers: [new TokenCountingHandler({ tokenBudget: 0 })] });
    const body = vi.fn();
    await expect(manager.event("llm", body)).rejects.toThrow("0 tokens are used of a budget of 0");
    expect(body).not.toHaveBeenCalled();
  });

  it("lets all events in flight keep their results", async () => {
    const counter = new TokenCountingHandler({ tokenBudget: 15 });
    const manager = new CallbackManager({ handlers: [counter] });
    const answered = Promise.withResolvers<void>();
    const calls = ["a", "b", "c"].map((answer) =>
      manager.event("llm", async (event) => {
        await answered.promise;
        event.set({ usage: { totalTokens: 10 } });
        return answer;
      }),
    );
    answered.resolve();
    expect(await Promise.all(calls)).toEqual(["a", "b", "c"]);
    expect(counter.totalTokens).toBe(30);
  });

  it("refuses a stream before its first chunk, and lets one that exceeds the budget end", async () => {
    const manager = new CallbackManager({ handlers: [new TokenCountingHandler({ tokenBudget: 5 })] });
    const read = (): Promise<string[]> =>
      Array.fromAsync(
        manager.stream("llm", {}, async function* (event) {
          yield "The moon";
          event.set({ usage: { totalTokens: 6 } });
        }),
      );
    expect(await read()).toEqual(["The moon"]);
    await expect(read()).rejects.toThrow(TokenBudgetError);
  });

  it.each<[object, Error]>([
    [{ tokenBudget: -1 }, new RangeError("tokenBudget must be a number of tokens from 0, not number -1")],
    [
      { tokenBudget: Number.NaN },
      new RangeError("tokenBudget must be a number of tokens from 0, not number NaN"),
    ],
    [{ tokenBudget: null }, new TypeError("tokenBudget must be a number of tokens from 0, not null")],
    [
      { tokenBudget: "1" },
      new TypeError('tokenBudget must be a number of tokens from 0, not the string "1"'),
    ],
    [{ maxCalls: -1 }, new RangeError("maxCalls must be a whole number from 0, not -1")],
    [{ maxCalls: "1" }, new TypeError('maxCalls must be a number, not the string "1"')],
    [{ tokenizer: {} }, new TypeError("tokenizer must be a function, not an object (Object)")],
    [
      { onCount: new UsageLedger() },
      new TypeError("onCount must be a function, not an object (UsageLedger)"),
    ],
  ])("refuses %o", (options, error) => {
    expect(() => new TokenCountingHandler(options)).toThrow(error);
    expect(() => new TokenCountingHandler(options)).toThrow(error.constructor);
  });
});
