import { RateLimiter } from "@llx/async";
import { describe, expect, it, vi } from "vitest";
import type { CacheStore } from "../contract/cache-options.ts";
import { coalesce } from "../index.ts";
import { failureOf, fake } from "../testing/lengths-provider.ts";

/** One token for each character. */
const countTokens = (text: string): number => text.length;
const prices = {
  lengths: { input: 2, batch: { input: 1, window: 86_400_000 } },
  other: { input: 5 },
};

/** A stream that is no array. */
async function* stream(texts: Iterable<string>): AsyncGenerator<string> {
  for (const text of texts) yield text;
}

describe("an estimate", () => {
  it("has the requests of the call, their tokens, cost and time, and sends nothing", async () => {
    const { model, requests } = fake({}, { countTokens, workers: 1 });
    const texts = ["a", "bb", "a", "ccc", "dddd", "a", "bb"];
    // Four texts, three in a request.
    expect(await model.estimate(texts, { prices, latency: 200 })).toEqual({
      texts: 7,
      duplicates: 3,
      cached: 0,
      refused: 0,
      requests: 2,
      tokens: 10,
      tokensError: 0.02,
      cost: 0.00002,
      unpriced: undefined,
      batch: { cost: 0.00001, window: 86_400_000 },
      duration: 400,
      latency: 200,
    });
    expect(requests).toEqual([]);
  });

  it("estimates tokens without a counter, and says so", async () => {
    const { model } = fake();
    const { tokens, tokensError } = await model.estimate(["one two three four"], { prices });
    // Half a token for each short word of a text that is not known to be English.
    expect({ tokens, tokensError }).toEqual({ tokens: 2, tokensError: 0.15 });
  });

  it.each([
    ["an array", (texts: string[]) => texts],
    ["a set", (texts: string[]) => new Set(texts)],
    ["a stream", stream],
  ])("is that of what is then sent, for %s", async (_kind, of) => {
    const { model, requests } = fake({ limits: { inputs: 3, tokens: 9 } }, { countTokens });
    const texts = ["a", "bb", "a", "ccc", "dddd", "eeeee", "bb", "ffffff", "a", "a"];
    const estimate = await model.estimate(of(texts));
    const given = of(texts);
    if (Array.isArray(given)) await model.getTextEmbeddingBatch(given);
    else await Array.fromAsync(model.streamTextEmbeddings(given));
    expect(estimate.requests).toBe(requests.length);
    const sent = requests.flatMap((request) => request.texts);
    expect(estimate.tokens).toBe(sent.join("").length);
    const all = of(texts) instanceof Set ? 6 : 10;
    expect({ texts: estimate.texts, duplicates: estimate.duplicates }).toEqual({
      texts: all,
      duplicates: all - sent.length,
    });
  });

  it.each([
    ["an array", (texts: string[]) => texts],
    ["a stream", stream],
  ])("leaves out what is in the cache, for %s", async (_kind, of) => {
    const cache = new Map<string, unknown>() as CacheStore;
    const { model, requests } = fake({}, { countTokens, cache });
    await model.getTextEmbeddingBatch(["bb", "ccc"]);
    expect(requests).toHaveLength(1);
    expect(await model.estimate(of(["a", "bb", "ccc", "bb", "a"]))).toMatchObject({
      texts: 5,
      cached: 3,
      duplicates: 1,
      requests: 1,
      tokens: 1,
    });
    expect(await model.estimate(of(["bb", "ccc"]))).toMatchObject({ requests: 0, tokens: 0, duration: 0 });
    // The embedding of a query is another one.
    expect(await model.estimate(of(["bb"]), { inputType: "query" })).toMatchObject({ requests: 1 });
    expect(requests).toHaveLength(1);
  });

  it("counts everything as sent where the store does not answer", async () => {
    const onError = vi.fn<(error: Error) => void>();
    const store = { get: () => Promise.reject(new Error("down")), set: () => undefined };
    const { model } = fake({}, { cache: { store, onError } });
    expect(await model.estimate(["a", "b"])).toMatchObject({ cached: 0, requests: 1 });
    expect(onError).toHaveBeenCalledTimes(1);
  });

  it.each([
    [
      "no prices",
      undefined,
      "no prices were given: pass those of @llx/embeddings/prices, or your own, as the option prices",
    ],
    [
      "no price of the model",
      { other: { input: 1 } },
      'prices have no price of lengths: add it as { "lengths": { input } }, for 1,000,000 tokens',
    ],
  ])("has no cost with %s, and says why", async (_what, given, unpriced) => {
    const estimate = await fake().model.estimate(["a"], { prices: given });
    expect(estimate).toMatchObject({ requests: 1, cost: undefined, batch: undefined, unpriced });
  });

  it("does not take a name that every object has for a price", async () => {
    const { model } = fake({ model: "constructor" });
    expect((await model.estimate(["a"], { prices: {} })).cost).toBeUndefined();
  });

  it("keeps to the rates of the model, and its workers", async () => {
    const texts = Array.from({ length: 30 }, (_, index) => `text ${index}`);
    const rate = { requests: { limit: 5, interval: 1_000 } };
    const { model } = fake({}, { rate, workers: 2 });
    // Ten requests: 0, 0, 100, 100, 200, then from 1,000 on.
    expect((await model.estimate(texts, { latency: 100 })).duration).toBe(1_300);
    expect((await model.estimate(texts, { latency: 100, workers: 1 })).duration).toBe(1_500);
    const shared = fake({}, { rate: new RateLimiter(rate), workers: 2 }).model;
    expect((await shared.estimate(texts, { latency: 100 })).duration).toBe(1_300);
  });

  it("keeps to limits that were learned from refusals", async () => {
    const texts = Array.from({ length: 30 }, (_, index) => `text ${index}`);
    const rate = new RateLimiter({ requests: { limit: 1_000, interval: 1_000 } });
    const learned = [{ interval: 1_000, requests: 5, tokens: undefined }];
    vi.spyOn(rate, "state", "get").mockReturnValue({ ...rate.state, learned });
    const { model } = fake({}, { rate, workers: 2 });
    expect((await model.estimate(texts, { latency: 100 })).duration).toBe(1_300);
  });

  it("takes the time of earlier requests", async () => {
    vi.useFakeTimers();
    try {
      const { model } = fake({
        embed: async ({ texts }) => {
          await new Promise((resolve) => setTimeout(resolve, texts[0] === "slow" ? 300 : 100));
          return { embeddings: texts.map((_, index) => ({ index, embedding: [1, 2] })) };
        },
      });
      expect(await model.estimate(["a"])).toMatchObject({ latency: 500, duration: 500 });
      const calls = Promise.all([model.getTextEmbedding("slow"), model.getTextEmbedding("fast")]);
      await vi.advanceTimersByTimeAsync(300);
      await calls;
      expect(await model.estimate(["a"])).toMatchObject({ latency: 200, duration: 200 });
    } finally {
      vi.useRealTimers();
    }
  });

  it("counts no more tokens than a model reads that cuts texts", async () => {
    const provider = { limits: { inputs: 3, tokensPerInput: 4 }, capabilities: { truncation: true } };
    const { model } = fake(provider, { countTokens, truncate: true });
    expect(await model.estimate(["a".repeat(100), "bb"])).toMatchObject({ tokens: 6 });
  });

  it.each([
    ["an array", (texts: string[]) => texts],
    ["a stream", stream],
  ])("refuses a text that cannot be sent, or counts it, for %s", async (_kind, of) => {
    const { model } = fake({ limits: { inputs: 3, charactersPerInput: 3 } });
    const texts = ["a", "", "long text", "b"];
    await expect(model.estimate(of(texts))).rejects.toThrow(
      new RangeError("texts[1] is empty or only white space; omit it"),
    );
    expect(await model.estimate(of(texts), { settle: true })).toMatchObject({
      texts: 4,
      refused: 2,
      duplicates: 0,
      requests: 1,
    });
  });

  it("fails as its source does, and stops when aborted", async () => {
    const { model } = fake();
    const broken = (async function* () {
      yield "a";
      throw new Error("no more");
    })();
    await expect(model.estimate(broken)).rejects.toThrow("no more");
    const reason = new Error("enough");
    const controller = new AbortController();
    const endless = (function* () {
      for (let index = 0; ; index++) {
        if (index === 10) controller.abort(reason);
        yield `text ${index}`;
      }
    })();
    expect(await failureOf(model.estimate(endless, { signal: controller.signal }))).toBe(reason);
    expect(await failureOf(model.estimate(["a"], { signal: controller.signal }))).toBe(reason);
  });

  it("stops when aborted although its source gives nothing, and lets the process do other work", async () => {
    const { model } = fake();
    const reason = new Error("enough");
    const silent = new AbortController();
    const never: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
    };
    const waiting = failureOf(model.estimate(never, { signal: silent.signal }));
    silent.abort(reason);
    expect(await waiting).toBe(reason);
    const busy = new AbortController();
    const endless = (function* () {
      for (let index = 0; ; index++) yield `text ${index}`;
    })();
    // Not before the estimate lets it.
    setImmediate(() => busy.abort(reason));
    expect(await failureOf(model.estimate(endless, { signal: busy.signal }))).toBe(reason);
  });

  it.each([
    [{ price: {} }, "there is no option price; did you mean prices?"],
    [{ latency: -1 }, "latency must be"],
    [{ workers: 0 }, "workers must be a whole number from 1, not 0"],
    [{ inputType: "image" }, 'fake has no input type "image"'],
    [
      { prices: { lengths: { input: -1 } } },
      "prices.lengths.input must be a number from 0, for 1,000,000 tokens, not number -1",
    ],
    [
      { prices: { lengths: { input: 1, batch: { input: 1, window: Number.NaN } } } },
      "prices.lengths.batch.window must be a number of milliseconds, not number NaN",
    ],
    [{ prices: 2 }, "prices must be an object with the price of each model"],
  ])("refuses %j", async (options, message) => {
    await expect(fake().model.estimate(["a"], options as never)).rejects.toThrow(message);
  });

  it("refuses texts that are none, and a closed model", async () => {
    const { model } = fake();
    await expect(model.estimate("text" as never)).rejects.toThrow(TypeError);
    await expect(model.estimate(["a", 1 as never])).rejects.toThrow(
      "texts[1] must be a string, not number 1",
    );
    await model.aclose();
    await expect(model.estimate(["a"])).rejects.toThrow("closed");
  });

  it("is that of the model where calls share requests", async () => {
    expect(await coalesce(fake().model).estimate(["a", "a"])).toMatchObject({ requests: 1, duplicates: 1 });
  });
});
