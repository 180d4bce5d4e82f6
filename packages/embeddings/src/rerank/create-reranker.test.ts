import { RateLimiter } from "@llx/async";
import { CallbackManager, DebugHandler, TokenCountingHandler } from "@llx/callbacks";
import { describe, expect, it, vi } from "vitest";
import {
  createReranker,
  type RerankProvider,
  type RerankRequest,
  RerankResponseError,
  type RerankResponse,
  type RerankerOptions,
  type Reranker,
} from "../rerank.ts";

/** Ranks texts by their length, and keeps what it is asked. */
function byLength(
  change: Partial<RerankProvider> = {},
): RerankProvider & { readonly asked: RerankRequest[] } {
  const asked: RerankRequest[] = [];
  return {
    asked,
    provider: "acme",
    model: "rank-1",
    limits: { inputs: 3 },
    rerank: async (request) => {
      asked.push(request);
      return { results: lengths(request) };
    },
    ...change,
  };
}

function lengths({ texts, topN = texts.length }: RerankRequest): { index: number; score: number }[] {
  return texts
    .map((text, index) => ({ index, score: text.length }))
    .toSorted((one, other) => other.score - one.score)
    .slice(0, topN);
}

/** A service that never responds. */
function untilAborted(_: RerankRequest, { signal }: { readonly signal: AbortSignal }): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });
}

const reranker = (change: Partial<RerankProvider> = {}, options?: RerankerOptions): Reranker =>
  createReranker(byLength(change), options);

describe("a call", () => {
  it("sends the query and the texts as they are, in one request", async () => {
    const provider = byLength();
    const texts = ["two", "four", "two"];
    const { results, usage, requestId } = await createReranker(provider).rerank("which?", texts);
    expect(results).toEqual([
      { index: 1, score: 4 },
      { index: 0, score: 3 },
      { index: 2, score: 3 },
    ]);
    expect([usage, requestId]).toEqual([undefined, undefined]);
    expect(provider.asked).toEqual([{ query: "which?", texts, topN: undefined, truncate: false }]);
  });

  it("asks for no more results than there are texts", async () => {
    const provider = byLength();
    const own = createReranker(provider);
    expect((await own.rerank("which?", ["a", "bb"], { topN: 1 })).results).toEqual([{ index: 1, score: 2 }]);
    expect((await own.rerank("which?", ["a", "bb"], { topN: 5 })).results).toHaveLength(2);
    expect(provider.asked.map(({ topN }) => topN)).toEqual([1, 2]);
  });

  it("returns what the service reports", async () => {
    const answer: Partial<RerankResponse> = {
      usage: { inputTokens: 7, totalTokens: Number.NaN, searchUnits: 1 },
      requestId: "r-7",
    };
    const { usage, requestId } = await reranker({
      rerank: async (request) => ({ results: lengths(request), ...answer }),
    }).rerank("which?", ["a"]);
    expect(usage).toEqual({ inputTokens: 7, searchUnits: 1 });
    expect(requestId).toBe("r-7");
  });

  it("without texts has no results, sends nothing and records no event", async () => {
    const debug = new DebugHandler();
    const provider = byLength();
    const own = createReranker(provider, { callbackManager: new CallbackManager({ handlers: [debug] }) });
    expect(await own.rerank("which?", [])).toEqual({ results: [], usage: undefined, requestId: undefined });
    expect(provider.asked).toEqual([]);
    expect(debug.toJSON().events).toEqual([]);
  });

  it("keeps the texts that it was called with", async () => {
    const { promise: until, resolve: respond } = Promise.withResolvers<void>();
    const own = reranker({
      rerank: async (request) => {
        await until;
        return { results: lengths(request) };
      },
    });
    const texts = ["a", "bb"];
    const call = own.rerank("which?", texts);
    texts.length = 0;
    respond();
    expect((await call).results).toHaveLength(2);
  });
});

describe("arguments", () => {
  it.each<[string, unknown, unknown, string]>([
    ["no query", undefined, ["a"], "the query must be a string, not undefined"],
    ["a number as query", 5, ["a"], "the query must be a string, not number 5"],
    ["one string", "which?", "a", "texts must be an array of strings, not a string"],
    ["a text that is null", "which?", ["a", null], "texts[1] must be a string, not null"],
  ])("are refused: %s", async (_what, query, texts, message) => {
    const provider = byLength();
    const call = createReranker(provider).rerank(query as string, texts as string[]);
    await expect(call).rejects.toThrow(new TypeError(message));
    expect(provider.asked).toEqual([]);
  });

  it.each<[string, string, string[], string]>([
    ["a blank query", " \n", ["a"], "the query is empty or only white space; pass one"],
    ["a blank query without texts", "", [], "the query is empty or only white space; pass one"],
    ["a blank text", "which?", ["a", " "], "texts[1] is empty or only white space; omit it"],
    [
      "half a surrogate pair",
      "which?",
      ["\ud83d"],
      "texts[0] contains one half of a surrogate pair; do not cut within a character, or use text.toWellFormed()",
    ],
    [
      "too many texts",
      "which?",
      ["a", "b", "c", "d"],
      "4 texts are more than a request to acme takes (3), and scores of two requests cannot be compared: pass the best " +
        "of them",
    ],
  ])("are out of range: %s", async (_what, query, texts, message) => {
    const provider = byLength();
    await expect(createReranker(provider).rerank(query, texts)).rejects.toThrow(new RangeError(message));
    expect(provider.asked).toEqual([]);
  });

  it.each([0, -1, 1.5, Number.NaN, "3"])("refuse topN: %j", async (topN) => {
    await expect(reranker().rerank("which?", ["a"], { topN: topN as number })).rejects.toThrow(
      /topN must be/,
    );
  });

  it("refuse unknown options, and name the one that is meant", async () => {
    await expect(reranker().rerank("which?", ["a"], { topK: 3 } as object)).rejects.toThrow(
      "there is no option topK; did you mean topN?",
    );
    expect(() => reranker({}, { cache: true } as object)).toThrow(/there is no option cache/);
    expect(() => reranker({ options: ["priority"] }, { priority: 3 } as object)).not.toThrow();
  });

  it.each<[RegExp, Partial<RerankProvider>, RerankerOptions]>([
    [/provider must be a string/, { provider: "" }, {}],
    [/limits\.inputs must be/, { limits: { inputs: 0 } }, {}],
    [/limits\.tokens must be/, {}, { limits: { tokens: 1.5 } }],
    [/there is no option limits\.characters/, {}, { limits: { characters: 5 } as object }],
    [/truncation must be one of never, onRequest, always/, { truncation: "maybe" as never }, {}],
    [/rerank must be a function/, { rerank: undefined as never }, {}],
    [/timeout must be more than 0/, {}, { timeout: 0 }],
    [/acme does not cut texts that are too long: leave out truncate/, {}, { truncate: true }],
    [/acme cuts texts .* accept that with truncate: true/, { truncation: "always" }, {}],
    [/acme cuts texts .* accept that with truncate: true/, { truncation: "always" }, { truncate: false }],
  ])("of a reranker are refused: %s", (message, change, options) => {
    expect(() => reranker(change, options)).toThrow(message);
  });
});

describe("limits of tokens", () => {
  const countTokens = (text: string): number => text.length;
  const limits = { tokensPerQuery: 4, tokensPerInput: 8, tokensPerPair: 10, tokens: 18 };

  it.each<[string, string, string[], string]>([
    ["the query", "12345", ["a"], "the query has 5 tokens, and the provider takes at most 4; shorten it"],
    [
      "a text",
      "1",
      ["a", "123456789"],
      "texts[1] has 9 tokens, and the provider takes at most 8; cut it into passages",
    ],
    [
      "a text with the query",
      "1234",
      ["a", "1234567"],
      "texts[1] has 7 tokens and the query 4, and the provider takes at most 10 together; cut the text into passages",
    ],
    [
      "the request",
      "1234",
      ["12", "123456", "123"],
      "the request has 23 tokens, with the query once for each text, and the provider takes at most 18; pass fewer texts",
    ],
  ])("are kept for %s", async (_what, query, texts, message) => {
    const own = reranker({ limits, truncation: "onRequest" }, { countTokens });
    await expect(own.rerank(query, texts)).rejects.toThrow(new RangeError(message));
  });

  it("can be filled", async () => {
    const own = reranker({ limits }, { countTokens });
    expect((await own.rerank("1234", ["123456", "1234"])).results).toHaveLength(2);
    expect((await own.rerank("12", ["12345678"])).results).toHaveLength(1);
  });

  it("are left to the service where tokens are only estimated, or where it may cut", async () => {
    const long = "x".repeat(100);
    expect((await reranker({ limits }).rerank(long, [long])).results).toHaveLength(1);
    const cutting = reranker({ limits, truncation: "onRequest" }, { countTokens, truncate: true });
    expect((await cutting.rerank(long, [long])).results).toHaveLength(1);
  });

  it("can be changed by an option", async () => {
    const own = reranker({ limits: { inputs: 3 } }, { limits: { inputs: 1 } });
    expect(own.limits.inputs).toBe(1);
    await expect(own.rerank("which?", ["a", "b"])).rejects.toThrow(RangeError);
  });

  it("include the texts that may start in an interval", () => {
    const rate = { inputs: { limit: 2, interval: 1000 } };
    expect(reranker({}, { rate }).limits.inputs).toBe(2);
    expect(reranker({ limits: {} }).limits.inputs).toBeUndefined();
  });
});

describe("a request", () => {
  it("takes the query once for each text of a rate limit", async () => {
    const rate = new RateLimiter({
      tokens: { limit: 100, interval: 60_000 },
      inputs: { limit: 10, interval: 60_000 },
    });
    const countTokens = (text: string): number => text.length;
    await reranker({ limits: {} }, { rate, countTokens }).rerank("123", ["1", "12"]);
    expect([rate.state.tokens!.free, rate.state.inputs!.free]).toEqual([91, 8]);
  });

  it("is retried, unless the response says that this cannot help", async () => {
    const rerank = vi
      .fn<RerankProvider["rerank"]>()
      .mockRejectedValueOnce(new Error("a broken connection"))
      .mockResolvedValueOnce({ results: [{ index: 0, score: Number.NaN }] })
      .mockResolvedValueOnce({ results: [{ index: 0, score: 1 }] })
      .mockResolvedValueOnce({ results: [{ index: 1, score: 1 }], requestId: "r-4" });
    const own = reranker({ rerank }, { retry: { delay: 0 } });
    expect((await own.rerank("which?", ["a"])).results).toEqual([{ index: 0, score: 1 }]);
    expect(rerank.mock.calls.map(([, { attempt }]) => attempt)).toEqual([1, 2, 3]);
    const error: unknown = await own.rerank("which?", ["a"]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RerankResponseError);
    expect(error).toMatchObject({ requestId: "r-4", message: expect.stringContaining("index 1") as string });
    expect(rerank).toHaveBeenCalledTimes(4);
  });

  it("is not retried if the provider's function does not resolve with an object", async () => {
    const rerank = vi.fn(async () => undefined as unknown as RerankResponse);
    await expect(reranker({ rerank }).rerank("q", ["one"])).rejects.toThrow(
      new RerankResponseError("acme", "its function resolved with undefined, not with an object", {
        retryable: false,
        requestId: undefined,
      }),
    );
    expect(rerank).toHaveBeenCalledTimes(1);
  });

  it("is given a time-out and a size, by options or by default", async () => {
    const rerank = vi.fn<RerankProvider["rerank"]>(async (request) => ({ results: lengths(request) }));
    await reranker({ rerank }, { timeout: 500, maxBytes: 99 }).rerank("which?", ["a", "b"]);
    await reranker({ rerank }).rerank("which?", ["a", "b"], { topN: 1 });
    expect(rerank.mock.calls.map(([, { timeout, maxBytes }]) => [timeout, maxBytes])).toEqual([
      [500, 99],
      // 1 MiB, and 1 KiB for a result.
      [60_000, 1_049_600],
    ]);
  });

  it("ends with the signal of its call, with its reason", async () => {
    const { promise: sent, resolve: onSent } = Promise.withResolvers<AbortSignal>();
    const own = reranker({
      rerank: (request, attempt) => {
        onSent(attempt.signal);
        return untilAborted(request, attempt);
      },
    });
    const controller = new AbortController();
    const call = own.rerank("which?", ["a"], { signal: controller.signal });
    const signal = await sent;
    const reason = new Error("nobody waits");
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(signal.aborted).toBe(true);
    await expect(own.rerank("which?", ["a"], { signal: controller.signal })).rejects.toBe(reason);
  });

  it("ends after totalTimeout, and says whose call took too long", async () => {
    vi.useFakeTimers();
    try {
      const own = reranker({ rerank: untilAborted });
      const call = own.rerank("which?", ["a"], { totalTimeout: 300 }).catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(300);
      expect(await call).toMatchObject({
        name: "TimeoutError",
        message: "reranking with acme took longer than totalTimeout allows (300 ms)",
      });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("events", () => {
  it("are one of the call, with its job in it; neither shows a text", async () => {
    const debug = new DebugHandler();
    const tokens = new TokenCountingHandler();
    const callbackManager = new CallbackManager({ handlers: [debug, tokens] });
    const usage = { totalTokens: 9, searchUnits: 1 };
    const own = reranker({
      rerank: async (request) => ({ results: lengths(request), usage, requestId: "r-1" }),
    });
    await own.rerank("a question", ["a text", "another"], { topN: 1, callbackManager });
    const [call, job] = debug.toJSON().events;
    expect(call).toMatchObject({
      type: "reranking",
      status: "ok",
      payload: { provider: "acme", model: "rank-1", count: 2, topK: 1 },
      endPayload: { count: 1, requestId: "r-1", usage: { totalTokens: 9 } },
    });
    expect(job).toMatchObject({ type: "async_job", parentId: call!.id });
    expect(debug.toJSON().events).toHaveLength(2);
    expect(JSON.stringify(debug)).not.toMatch(/question|text/);
  });

  it("show the query to a handler that asks for content, and never a text", async () => {
    const debug = new DebugHandler({ capture: "full" });
    const callbackManager = new CallbackManager({ handlers: [debug] });
    await reranker({}, { callbackManager }).rerank("a question", ["a text"]);
    expect(debug.toJSON().events[0]!.payload).toMatchObject({ content: { query: "a question" } });
    expect(JSON.stringify(debug)).not.toContain("a text");
  });

  it("tell a failure", async () => {
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    const rerank = (): Promise<never> => Promise.reject(new Error("no"));
    const own = reranker({ rerank }, { callbackManager, retry: { attempts: 1 } });
    await expect(own.rerank("which?", ["a"])).rejects.toThrow("no");
    expect(debug.toJSON().events[0]).toMatchObject({ type: "reranking", status: "error" });
  });
});

describe("closing", () => {
  it("waits for open calls, then frees the provider, once", async () => {
    const { promise: until, resolve: respond } = Promise.withResolvers<void>();
    const ended: string[] = [];
    const own = reranker({
      rerank: async (request) => {
        await until;
        return { results: lengths(request) };
      },
      aclose: async () => void ended.push("provider"),
    });
    const call = own.rerank("which?", ["a"]).then(() => ended.push("call"));
    const closed = Promise.all([own.aclose(), own[Symbol.asyncDispose]()]);
    expect(own.closed).toBe(true);
    respond();
    await Promise.all([call, closed]);
    expect(ended).toEqual(["call", "provider"]);
    await expect(own.rerank("which?", ["a"])).rejects.toThrow(/the acme reranker is closed/);
  });

  it("with abort ends open calls", async () => {
    const own = reranker({ rerank: untilAborted });
    const call = own.rerank("which?", ["a"]).catch((error: unknown) => error);
    await own.aclose({ abort: true });
    expect(await call).toEqual(new Error("the acme reranker was closed"));
  });
});
