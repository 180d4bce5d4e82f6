import { AdaptiveLimiter, isRefusal, RateLimiter } from "@llx/async";
import { CallbackManager, DebugHandler, TokenBudgetError, TokenCountingHandler } from "@llx/callbacks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EmbeddingBatchError, type EmbeddingProvider } from "../index.ts";
import { expected, failureOf, fake, turn } from "../testing/lengths-provider.ts";

/** Responds like a normal provider, unless `before` throws. */
const embed = (
  before: (texts: readonly string[], attempt: number) => unknown,
): Partial<EmbeddingProvider> => ({
  embed: async ({ texts }, { attempt }) => {
    await turn();
    await before(texts, attempt);
    return { embeddings: texts.map((text, index) => ({ index, embedding: expected(text) })) };
  },
});

const refusal = (more: object): Error => Object.assign(new Error("refused"), more);

describe("equal texts", () => {
  it("are sent once, and each gets its own vector", async () => {
    const { model, requests } = fake();
    const { embeddings } = await model.getTextEmbeddingBatch(["same", "same", "same"]);
    expect(requests.map(({ texts }) => texts)).toEqual([["same"]]);
    embeddings[0]!.fill(9);
    expect(embeddings.slice(1)).toEqual([expected("same"), expected("same")]);
  });
});

describe("settle", () => {
  it("reports failed texts by index and keeps the rest, so that a second call can embed only those", async () => {
    let broken = true;
    const refused = refusal({ retryable: false });
    const { model } = fake(
      embed((texts) => {
        if (broken && texts.includes("bad")) throw refused;
      }),
    );
    const texts = ["a", "bb", "c", "bad", "ee", "bad", " ", "ffff"];
    const first = await model.getTextEmbeddingBatch(texts, { settle: true });
    expect(first.failed).toEqual([
      ...[3, 4, 5].map((index) => ({ index, error: refused })),
      { index: 6, error: expect.objectContaining({ message: expect.stringContaining("texts[6] is empty") }) },
      { index: 7, error: refused },
    ]);
    expect(first.embeddings.slice(0, 3)).toEqual(["a", "bb", "c"].map(expected));
    expect(first.embeddings.slice(3)).toEqual(new Array(5).fill(undefined));
    broken = false;
    const again = first.failed.map(({ index }) => texts[index]!).filter((text) => text !== " ");
    const second = await model.getTextEmbeddingBatch(again, { settle: true });
    expect([second.embeddings, second.failed]).toEqual([["bad", "ee", "bad", "ffff"].map(expected), []]);
  });

  it("keeps all that was answered when a token budget is used up, and sends nothing more", async () => {
    const counter = new TokenCountingHandler({ tokenBudget: 4 });
    const texts = ["a", "bb", "ccc", "dddd", "eeeee", "ffffff", "ggggggg"];
    const sent: string[] = [];
    const held = Promise.withResolvers<void>();
    const { model } = fake({
      limits: { inputs: 1 },
      embed: async ({ texts: [text] }) => {
        // Three are in flight when they are answered.
        if (sent.push(text!) === 3) held.resolve();
        await held.promise;
        return { embeddings: [{ index: 0, embedding: expected(text!) }], usage: { inputTokens: 3 } };
      },
    });
    const { embeddings, failed } = await model.getTextEmbeddingBatch(texts, {
      settle: true,
      workers: 3,
      callbackManager: new CallbackManager({ handlers: [counter] }),
    });
    expect(counter.embeddingTokens).toBe(3 * sent.length);
    expect(sent.length).toBeLessThan(texts.length);
    expect(embeddings).toEqual(texts.map((text) => (sent.includes(text) ? expected(text) : undefined)));
    expect(failed.map(({ index }) => texts[index])).toEqual(texts.filter((text) => !sent.includes(text)));
    for (const { error } of failed) expect(error).toBeInstanceOf(TokenBudgetError);
  });

  it("still throws for a value that is not a string", async () => {
    const { model } = fake();
    const failure = await failureOf(model.getTextEmbeddingBatch([1 as never], { settle: true }));
    expect(failure).toBeInstanceOf(TypeError);
  });

  it("reports in the event how many texts failed", async () => {
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    const { model } = fake(
      embed((texts) => {
        if (texts.includes("d")) throw refusal({ retryable: false });
      }),
    );
    await model.getTextEmbeddingBatch(["a", "b", "c", "d", "d"], { settle: true, callbackManager });
    const [pair] = debug.getEventPairs("embed_texts");
    expect(pair![1]).toMatchObject({ status: "ok", endPayload: { count: 5, failed: 2, requests: 1 } });
  });
});

describe("a failure", () => {
  it("keeps the embeddings so far, hidden when the error is printed", async () => {
    const { model } = fake(
      {
        ...embed((texts) => {
          if (texts.includes("bad")) throw refusal({ retryable: false });
        }),
        limits: { inputs: 1 },
      },
      { workers: 1 },
    );
    const error = await failureOf(model.getTextEmbeddingBatch(["a", "bad", "c", "a"]));
    expect(error).toBeInstanceOf(EmbeddingBatchError);
    const { partial, failed, cause } = error as EmbeddingBatchError;
    expect(partial.embeddings).toEqual([expected("a"), undefined, undefined, expected("a")]);
    expect(failed.map(({ index }) => index)).toEqual([1, 2]);
    expect(failed[0]!.error).toBe(cause);
    expect(String(failed[1]!.error)).toContain("not sent");
    expect(Object.keys(error as object)).not.toContain("partial");
  });

  it("of a single text is thrown as it is", async () => {
    const failure = refusal({ retryable: false });
    const { model } = fake(
      embed(() => {
        throw failure;
      }),
    );
    expect(await failureOf(model.getTextEmbedding("a"))).toBe(failure);
    expect(await failureOf(model.getQueryEmbedding("a"))).toBe(failure);
  });

  it("of onCount costs nothing: each request is sent once, and keeps its result", async () => {
    const { model, requests } = fake({}, { retry: { delay: 0 } });
    const onHandlerError = vi.fn();
    const onCount = (): never => {
      throw new Error("onCount");
    };
    const handlers = [new TokenCountingHandler({ tokenBudget: 100, onCount })];
    const callbackManager = new CallbackManager({ handlers, onHandlerError });
    const texts = ["a", "bb", "ccc", "dddd", "eeeee", "ffffff"];
    const { embeddings, failed } = await model.getTextEmbeddingBatch(texts, {
      settle: true,
      callbackManager,
    });
    expect(requests.map((request) => request.texts)).toEqual([texts.slice(0, 3), texts.slice(3)]);
    expect([embeddings, failed]).toEqual([texts.map(expected), []]);
    expect(onHandlerError).toHaveBeenCalledTimes(2);
  });

  it("of a handler at the end of a request is not retried: it would be paid again", async () => {
    const { model, requests } = fake({}, { retry: { delay: 0 } });
    const stop = new Error("stop");
    const handler = {
      raiseErrors: true,
      onEventEnd: ({ type }: { type: string }) => {
        if (type === "embedding") throw stop;
      },
    };
    const callbackManager = new CallbackManager({ handlers: [handler] });
    const error = await failureOf(model.getTextEmbeddingBatch(["a"], { callbackManager }));
    expect((error as EmbeddingBatchError).cause).toBe(stop);
    expect(requests).toHaveLength(1);
  });

  it("of a handler with raiseErrors is not retried", async () => {
    const { model, requests } = fake();
    const stop = Object.assign(new Error("stop"), { retryable: false });
    const handler = {
      raiseErrors: true,
      onEventStart: ({ type }: { type: string }) => {
        if (type === "embedding") throw stop;
      },
    };
    const callbackManager = new CallbackManager({ handlers: [handler] });
    const error = await failureOf(model.getTextEmbeddingBatch(["a"], { callbackManager }));
    expect((error as EmbeddingBatchError).cause).toBe(stop);
    expect(requests).toEqual([]);
  });
});

describe("retries", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("are three attempts, for errors that may be temporary", async () => {
    const attempts: number[] = [];
    const { model } = fake({
      embed: async ({ texts }, { attempt }) => {
        attempts.push(attempt);
        if (attempt < 3) throw refusal({ retryable: true });
        return { embeddings: texts.map((text, index) => ({ index, embedding: expected(text) })) };
      },
    });
    const embedding = model.getTextEmbedding("a");
    await vi.runAllTimersAsync();
    expect(await embedding).toEqual(expected("a"));
    expect(attempts).toEqual([1, 2, 3]);
  });

  it("can be turned off", async () => {
    const failure = refusal({ retryable: true });
    const { model, requests } = fake({}, { retry: { attempts: 1 } });
    vi.spyOn(requests, "push").mockImplementation(() => {
      throw failure;
    });
    expect(await failureOf(model.getTextEmbedding("a"))).toBe(failure);
  });

  it("wait as long as the service asks, and other calls of the model wait too", async () => {
    const started: [string, number][] = [];
    const begin = Date.now();
    const { model } = fake({
      limits: { inputs: 1 },
      embed: async ({ texts: [text = ""] }, { attempt }) => {
        started.push([text, Date.now() - begin]);
        if (text === "busy" && attempt === 1) throw refusal({ retryAfter: 30_000 });
        return { embeddings: [{ index: 0, embedding: expected(text) }] };
      },
    });
    const busy = model.getTextEmbedding("busy");
    await vi.advanceTimersByTimeAsync(0);
    const other = model.getQueryEmbedding("other");
    await vi.runAllTimersAsync();
    await Promise.all([busy, other]);
    expect(started[0]).toEqual(["busy", 0]);
    expect(
      started
        .slice(1)
        .map(([text]) => text)
        .toSorted(),
    ).toEqual(["busy", "other"]);
    for (const [, at] of started.slice(1)) expect(at).toBeGreaterThanOrEqual(30_000);
  });

  it("do not start if the service asks for too long a wait, and no other call waits", async () => {
    const { model } = fake(
      embed((texts) => {
        if (texts[0] === "busy") throw refusal({ retryAfter: 86_400_000 });
      }),
    );
    vi.useRealTimers();
    const error = await failureOf(model.getTextEmbedding("busy"));
    expect(error).toMatchObject({ name: "RetryAfterError", retryAfter: 86_400_000 });
    expect(await model.getTextEmbedding("other")).toEqual(expected("other"));
  });

  it("have an event for each attempt, inside the event of the job", async () => {
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    const { model } = fake(
      embed((_texts, attempt) => {
        if (attempt === 1) throw refusal({});
      }),
      { retry: { delay: 0 } },
    );
    vi.useRealTimers();
    await model.getTextEmbeddingBatch(["a"], { callbackManager });
    const attempts = debug.getEventPairs("embedding");
    expect(
      attempts.map(([start, end]) => [(start.payload as { attempt?: number }).attempt, end.status]),
    ).toEqual([
      [1, "error"],
      [2, "ok"],
    ]);
    expect(debug.getEventPairs("async_job")).toHaveLength(1);
  });
});

describe("limits of the service", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] }));
  afterEach(() => void vi.useRealTimers());

  it("that are declared are enforced", async () => {
    const { model, requests } = fake({
      limits: { inputs: 1 },
      rateLimits: { requests: { limit: 2, interval: 60_000 } },
    });
    const batch = model.getTextEmbeddingBatch(["a", "b", "c"]);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(requests).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(2_000);
    expect((await batch).embeddings).toHaveLength(3);
  });

  it.each(["batch", "settled batch", "stream", "settled stream"])(
    "count the texts of each request where the service does: %s",
    async (kind) => {
      const { model, requests } = fake({
        limits: { inputs: 3 },
        rateLimits: { inputs: { limit: 5, interval: 60_000 } },
      });
      const texts = ["a", "bb", "ccc", "dddd", "eeeee", "ffffff", "ggggggg", "hhhhhhhh"];
      const settle = kind.startsWith("settled");
      const call = async (): Promise<unknown> =>
        kind.endsWith("batch")
          ? model.getTextEmbeddingBatch(texts, { settle: settle as true })
          : Array.fromAsync(model.streamTextEmbeddings(texts, { settle: settle as true }));
      const embedded = call();
      await vi.advanceTimersByTimeAsync(59_000);
      // The next three would make six.
      expect(requests.map((request) => request.texts.length)).toEqual([3]);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(requests.map((request) => request.texts.length)).toEqual([3, 3, 2]);
      await embedded;
    },
  );

  it("are the most texts of a request, if they allow fewer", async () => {
    const { model, requests } = fake(
      { limits: { inputs: 3 } },
      { rate: { inputs: { limit: 2, interval: 60_000 } } },
    );
    expect(model.limits.inputs).toBe(2);
    const embedded = model.getTextEmbeddingBatch(["a", "bb", "ccc"]);
    await vi.advanceTimersByTimeAsync(61_000);
    await embedded;
    expect(requests.map(({ texts }) => texts.length)).toEqual([2, 1]);
  });

  it("count tokens by the estimate until the service reports its usage", async () => {
    const rate = new RateLimiter({ tokens: { limit: 100, interval: 60_000 } });
    const { model } = fake(
      { embed: async () => ({ embeddings: [{ index: 0, embedding: [1, 2] }], usage: { totalTokens: 7 } }) },
      { rate, countTokens: () => 40 },
    );
    const embedding = model.getTextEmbedding("a");
    await embedding;
    expect(rate.state.tokens!.free).toBe(93);
  });

  it("that the service reports in its responses are enforced", async () => {
    const started: number[] = [];
    const begin = Date.now();
    const { model } = fake(
      {
        limits: { inputs: 1 },
        embed: async ({ texts: [text = ""] }) => {
          started.push(Date.now() - begin);
          return {
            embeddings: [{ index: 0, embedding: expected(text) }],
            rateLimits: { requests: { limit: 10, remaining: 0, reset: 20_000 } },
          };
        },
      },
      { workers: 1 },
    );
    const batch = model.getTextEmbeddingBatch(["a", "b"]);
    await vi.advanceTimersByTimeAsync(25_000);
    await batch;
    expect(started[0]).toBe(0);
    expect(started[1]).toBeGreaterThanOrEqual(20_000);
  });

  it("do not delay requests for longer than a service may ask for", async () => {
    const started: number[] = [];
    const begin = Date.now();
    const tells = async ({ texts: [text = ""] }: { texts: readonly string[] }) => {
      started.push(Date.now() - begin);
      return {
        embeddings: [{ index: 0, embedding: expected(text) }],
        // When the whole budget will be free again: part of it is free earlier.
        rateLimits: { tokens: { limit: 9, remaining: 0, reset: 360_000 } },
      };
    };
    const { model } = fake({ limits: { inputs: 1 }, embed: tells }, { workers: 1 });
    const batch = model.getTextEmbeddingBatch(["a", "b"]);
    await vi.advanceTimersByTimeAsync(61_000);
    await batch;
    expect(started[1]).toBeGreaterThanOrEqual(60_000);
    expect(started[1]).toBeLessThanOrEqual(60_400);
  });

  it("are not enforced with rate: false", async () => {
    const rateLimits = { requests: { limit: 1, remaining: 0, reset: 60_000 } };
    const { model } = fake(
      {
        limits: { inputs: 1 },
        rateLimits: { requests: { limit: 1, interval: 60_000 } },
        embed: async ({ texts: [text = ""] }) => ({
          embeddings: [{ index: 0, embedding: expected(text) }],
          rateLimits,
        }),
      },
      { rate: false },
    );
    expect((await model.getTextEmbeddingBatch(["a", "b", "c"])).embeddings).toHaveLength(3);
  });

  it("that are invalid do not lose a response", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    const { model } = fake({
      embed: async () => ({
        embeddings: [{ index: 0, embedding: [1, 2] }],
        rateLimits: { requests: { remaining: -1 } },
      }),
    });
    expect(await model.getTextEmbedding("a")).toEqual(Float32Array.of(1, 2));
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });
});

describe("workers", () => {
  const countedModel = (options: object) => {
    let running = 0;
    const seen = { most: 0 };
    const { model } = fake(
      {
        limits: { inputs: 1 },
        embed: async ({ texts: [text = ""] }) => {
          seen.most = Math.max(seen.most, ++running);
          await turn();
          running--;
          return { embeddings: [{ index: 0, embedding: expected(text) }] };
        },
        rateLimits: { requests: { limit: 1000, interval: 1 } },
      },
      options,
    );
    return { model, seen };
  };

  it("are shared by all calls of a model", async () => {
    const { model, seen } = countedModel({});
    await Promise.all(Array.from({ length: 20 }, (_, index) => model.getQueryEmbedding(`text ${index}`)));
    expect(seen.most).toBe(4);
  });

  it("can be a limiter that several models share", async () => {
    const workers = new AdaptiveLimiter({ initial: 2, max: 2 });
    const { model, seen } = countedModel({ workers });
    await model.getTextEmbeddingBatch(["a", "b", "c", "d", "e"]);
    expect(seen.most).toBe(2);
  });

  it("adapt by themselves if the provider declares no limits", async () => {
    let running = 0;
    let most = 0;
    const { model } = fake({
      limits: { inputs: 1 },
      embed: async ({ texts: [text = ""] }) => {
        most = Math.max(most, ++running);
        await turn();
        running--;
        return { embeddings: [{ index: 0, embedding: expected(text) }] };
      },
    });
    await model.getTextEmbeddingBatch(Array.from({ length: 400 }, (_, index) => `text ${index}`));
    expect(most).toBeGreaterThan(4);
  });
});

describe("time", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const never = (_request: unknown, { signal }: { signal: AbortSignal }): Promise<never> =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

  it("of a whole call is limited by totalTimeout; the embeddings so far are kept", async () => {
    const { model } = fake({
      limits: { inputs: 1 },
      embed: async (request, attempt) =>
        request.texts[0] === "slow"
          ? never(request, attempt)
          : { embeddings: [{ index: 0, embedding: expected(request.texts[0]!) }] },
    });
    const stopped = failureOf(model.getTextEmbeddingBatch(["a", "slow"], { totalTimeout: 500 }));
    const settled = model.getTextEmbeddingBatch(["a", "slow"], { totalTimeout: 500, settle: true });
    await vi.advanceTimersByTimeAsync(500);
    const error = (await stopped) as EmbeddingBatchError;
    expect(error).toBeInstanceOf(EmbeddingBatchError);
    expect(error.cause).toMatchObject({
      name: "TimeoutError",
      message: "embedding with fake took longer than totalTimeout allows (500 ms)",
    });
    expect(error.partial.embeddings).toEqual([expected("a"), undefined]);
    const { embeddings, failed } = await settled;
    expect(embeddings).toEqual([expected("a"), undefined]);
    expect(failed).toMatchObject([{ index: 1, error: { name: "TimeoutError" } }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("of a whole call says that the service has refused meanwhile, and why", async () => {
    const busy = Object.assign(new Error("slow down"), { status: 429, retryable: true, retryAfter: 30_000 });
    const { model } = fake({
      embed: async () => {
        throw busy;
      },
    });
    const first = failureOf(model.getTextEmbedding("a", { totalTimeout: 2_000 }));
    await vi.advanceTimersByTimeAsync(500);
    // It is never sent.
    const second = failureOf(model.getTextEmbedding("b", { totalTimeout: 4_000 }));
    await vi.advanceTimersByTimeAsync(4_000);
    const took = (allowed: number, refused: string): object => ({
      name: "TimeoutError",
      message: `embedding with fake took longer than totalTimeout allows (${allowed} ms): the service has refused all requests for ${refused}`,
      cause: busy,
    });
    expect(await first).toMatchObject(took(2_000, "2.00 s"));
    expect(isRefusal(await first)).toBe(false);
    expect(await second).toMatchObject(took(4_000, "4.50 s"));
  });

  it("of a whole call says that it has waited for the rate limits", async () => {
    const { model } = fake({}, { rate: { requests: { limit: 1, interval: 60_000 } } });
    const first = model.getTextEmbedding("a");
    await vi.advanceTimersByTimeAsync(0);
    await first;
    const stopped = failureOf(model.getTextEmbedding("b", { totalTimeout: 500 }));
    await vi.advanceTimersByTimeAsync(500);
    expect(await stopped).toMatchObject({
      name: "TimeoutError",
      message:
        "embedding with fake took longer than totalTimeout allows (500 ms): requests wait for the rate limits",
    });
  });

  it("of a whole call says that refusals have shown the limit for which it has waited", async () => {
    const passedAt: number[] = [];
    const { model } = fake({
      embed: async ({ texts }) => {
        const now = performance.now();
        if (passedAt.filter((at) => at > now - 60_000).length >= 20) {
          throw Object.assign(new Error("slow down"), { status: 429, limitInterval: 60_000 });
        }
        passedAt.push(now);
        return { embeddings: texts.map((text, index) => ({ index, embedding: expected(text) })) };
      },
    });
    for (let sent = 0; sent < 45; sent++) void model.getTextEmbedding(`text ${sent}`);
    await vi.advanceTimersByTimeAsync(150_000);
    expect(passedAt.length).toBe(45);
    for (let sent = 0; sent < 20; sent++) void model.getTextEmbedding(`again ${sent}`);
    await vi.advanceTimersByTimeAsync(1_000);
    const stopped = failureOf(model.getTextEmbedding("b", { totalTimeout: 500 }));
    await vi.advanceTimersByTimeAsync(500);
    expect(await stopped).toMatchObject({
      message: expect.stringMatching(
        /\(500 ms\): requests wait for the rate limits, of which refusals have shown (?:19|20|21) requests in 60 s$/,
      ),
    });
    await vi.advanceTimersByTimeAsync(120_000);
  });

  it("of an attempt is passed to the provider, which is aborted a second later if it ignores it", async () => {
    const told: number[] = [];
    const { model } = fake(
      {
        embed: (request, attempt) => {
          told.push(attempt.timeout);
          return never(request, attempt);
        },
      },
      { timeout: 2_000, retry: { attempts: 1 } },
    );
    const failed = failureOf(model.getTextEmbedding("a"));
    await vi.advanceTimersByTimeAsync(2_999);
    expect(told).toEqual([2_000]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await failed).toMatchObject({
      name: "TimeoutError",
      message: "fake did not respond within 2000 ms",
    });
  });
});

describe("invalid arguments", () => {
  it.each([
    [{ workers: 0 }, RangeError, "workers must be a whole number from 1, not 0"],
    [{ workers: "4" }, TypeError, "workers must be a number"],
    [{ workers: {} }, TypeError, "workers must be a number, a Semaphore or an AdaptiveLimiter"],
    [{ timeout: Number.NaN }, RangeError, "timeout must be more than 0 milliseconds"],
    [{ retry: { attempts: 0 } }, RangeError, "attempts must be a whole number from 1"],
    [{ rate: { requests: { limit: 0, interval: 1 } } }, RangeError, "requests.limit must be a whole number"],
    [{ truncate: true }, TypeError, "fake does not cut texts that are too long"],
    [{ countTokens: 4 }, TypeError, "countTokens must be a function"],
  ])("is refused when a model is made: %j", (options, kind, message) => {
    expect(() => fake({}, options as never)).toThrow(kind);
    expect(() => fake({}, options as never)).toThrow(message);
  });

  it.each([
    [{ model: "" }, "model must be a string that is not empty"],
    [{ limits: { inputs: 0 } }, "limits.inputs must be a whole number from 1, not 0"],
    [{ limits: { inputs: 1, tokens: 1.5 } }, "limits.tokens must be a whole number from 1, not 1.5"],
    [{ dimensions: -1 }, "dimensions must be a whole number from 1"],
    [{ elementType: "double" }, "elementType must be one of float, int8, uint8, binary, ubinary"],
    [{ embed: undefined }, "embed must be a function"],
  ])("is refused of a provider: %j", (declared, message) => {
    expect(() => fake(declared as never)).toThrow(message);
  });

  it.each([
    [{ workers: -1 }, "workers must be a whole number from 1"],
    [{ totalTimeout: 0 }, "totalTimeout must be more than 0 milliseconds"],
    [{ signal: {} }, "signal must be an AbortSignal"],
    [{ inputType: "clustering" }, 'fake has no input type "clustering"; it has document, query'],
    [{ callTimeout: 500 }, "there is no option callTimeout; it is called totalTimeout"],
    [{ settle: "yes" }, 'settle must be true or false, not the string "yes"'],
  ])("is refused of a call: %j", async (options, message) => {
    const { model, requests } = fake();
    await expect(model.getTextEmbeddingBatch(["a"], options as never)).rejects.toThrow(message);
    expect(() => model.streamTextEmbeddings(["a"], options as never)).toThrow(message);
    expect(requests).toEqual([]);
  });
});
