import { Keyv } from "keyv";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { describe, expect, it, vi } from "vitest";
import type { EmbeddingProvider } from "../contract/embedding-provider.ts";
import type { CacheError, CacheOptions, CacheStore } from "../contract/cache-options.ts";
import { memoryStore } from "../index.ts";
import { expected, failureOf, fake, turn } from "../testing/lengths-provider.ts";

const sentBy = (requests: readonly { readonly texts: readonly string[] }[]): string[] =>
  requests.flatMap(({ texts }) => texts);

describe("a Keyv as the cache", () => {
  it("is used itself, with its names and time limits, not the adapter in its property store", async () => {
    const adapter = new Map<string, unknown>();
    const keyv = new Keyv({ store: adapter as never, namespace: "pages", ttl: 3_600_000 });
    const { model } = fake({}, { cache: keyv as CacheStore });
    await model.getTextEmbedding("a");
    const [[key, value]] = [...adapter] as [[string, unknown]];
    expect(key).toMatch(/^pages:/);
    expect(JSON.stringify(value)).toContain("expires");
  });
});

describe.each([
  ["a Map", () => new Map<string, unknown>() as CacheStore],
  ["a Keyv", () => new Keyv() as CacheStore],
  ["a Map of bytes", () => ({ store: new Map<string, unknown>() as CacheStore, format: "bytes" as const })],
  ["memory", () => memoryStore()],
])("a cache in %s", (_kind, open) => {
  it("is read first, and new texts are sent and stored", async () => {
    const cache = open();
    const first = fake({}, { cache });
    await first.model.getTextEmbeddingBatch(["a", "bb"]);
    const second = fake({}, { cache });
    const { embeddings, usage } = await second.model.getTextEmbeddingBatch(["bb", "ccc", "a", "bb"]);
    expect(embeddings).toEqual(["bb", "ccc", "a", "bb"].map(expected));
    expect(sentBy(second.requests)).toEqual(["ccc"]);
    expect(usage).toMatchObject({ inputTokens: 1 });
    await second.model.getTextEmbedding("a");
    expect(sentBy(second.requests)).toEqual(["ccc"]);
  });

  it("serves streams", async () => {
    const cache = open();
    await fake({}, { cache }).model.getTextEmbeddingBatch(["a", "ccc"]);
    const { model, requests } = fake({}, { cache });
    const texts = ["a", "bb", "ccc", "a"];
    const rows = await Array.fromAsync(model.streamTextEmbeddings(texts));
    expect(rows).toEqual(texts.map((text, index) => ({ index, text, embedding: expected(text) })));
    expect(sentBy(requests)).toEqual(["bb"]);
    await Array.fromAsync(model.streamTextEmbeddings(texts));
    expect(sentBy(requests)).toEqual(["bb"]);
  });

  it("is not changed when a caller changes a vector", async () => {
    const cache = open();
    const { model } = fake({}, { cache });
    (await model.getTextEmbedding("a")).fill(9);
    const again = await model.getTextEmbedding("a");
    expect(again).toEqual(expected("a"));
    again.fill(9);
    expect(await model.getTextEmbedding("a")).toEqual(expected("a"));
  });
});

it("does not return embeddings of zeros that another model has stored, unless they are allowed", async () => {
  const cache = new Map<string, unknown>() as CacheStore;
  const zeros: EmbeddingProvider["embed"] = async ({ texts }) => ({
    embeddings: texts.map(() => ({ embedding: [0, 0] })),
  });
  await fake({ embed: zeros }, { cache, allowZero: true }).model.getTextEmbedding("a");
  const allows = fake({}, { cache, allowZero: true });
  expect(await allows.model.getTextEmbedding("a")).toEqual(Float32Array.of(0, 0));
  const refuses = fake({}, { cache });
  expect(await refuses.model.getTextEmbedding("a")).toEqual(expected("a"));
  expect([sentBy(allows.requests), sentBy(refuses.requests)]).toEqual([[], ["a"]]);
});

it("loses nothing of a stream whose source fails", async () => {
  const { model } = fake({}, { cache: true });
  const broken = function* (): Generator<string> {
    yield "a";
    yield "bb";
    throw new Error("the disk is gone");
  };
  const rows: unknown[] = [];
  const reading = async (): Promise<void> => {
    for await (const { embedding } of model.streamTextEmbeddings(broken())) rows.push(embedding);
  };
  expect(await failureOf(reading())).toMatchObject({ message: "the disk is gone" });
  expect(rows).toEqual(["a", "bb"].map(expected));
});

describe("the key of a cache", () => {
  const first = { provider: "one", model: "m", dimensions: 2 };

  it.each([
    ["the provider", { ...first, provider: "two" }],
    ["the model", { ...first, model: "n" }],
    ["the dimensions", { ...first, dimensions: undefined }],
    ["the element type", { ...first, elementType: "uint8" as never }],
    ["the variant", { ...first, variant: "https://other.example" }],
  ])("is %s", async (_what, other) => {
    const cache = new Map<string, unknown>();
    await fake(first, { cache }).model.getTextEmbedding("a");
    const { model, requests } = fake(other, { cache });
    await model.getTextEmbedding("a");
    expect(sentBy(requests)).toEqual(["a"]);
    expect(cache.size).toBe(2);
  });

  it("distinguishes queries from documents, whichever method is called", async () => {
    const { model, requests } = fake({}, { cache: true });
    await model.getTextEmbedding("a");
    await model.getQueryEmbedding("a");
    await model.getTextEmbeddingBatch(["a"], { inputType: "query" });
    expect(requests.map(({ inputType }) => inputType)).toEqual(["document", "query"]);
  });

  it("does not reveal the text", async () => {
    const cache = new Map<string, unknown>();
    await fake({}, { cache }).model.getTextEmbedding("a secret text");
    expect([...cache.keys()]).toEqual([expect.stringMatching(/^llx-embedding-1:[\w-]{43}$/)]);
    expect(JSON.stringify([...cache])).not.toContain("secret");
  });
});

describe("a cache that fails", () => {
  const errors: CacheError[] = [];
  const withStore = (store: CacheStore, more: Partial<CacheOptions> = {}) => {
    errors.length = 0;
    return fake({}, { cache: { store, onError: (error) => errors.push(error), ...more } });
  };
  const broken = (): never => {
    throw new Error("the disk is full");
  };

  it("in a read costs requests, and is reported", async () => {
    const { model, requests } = withStore({ get: broken, set: () => true });
    expect(await model.getTextEmbedding("a")).toEqual(expected("a"));
    expect(sentBy(requests)).toEqual(["a"]);
    expect(errors.map(({ message }) => message)).toEqual([
      "the embedding cache failed (read): the disk is full",
    ]);
  });

  it("in a write costs requests later, and is reported", async () => {
    const { model } = withStore({ get: () => undefined, set: broken });
    expect(await model.getTextEmbedding("a")).toEqual(expected("a"));
    const silent = withStore({ get: () => undefined, set: () => false });
    expect(errors).toEqual([]);
    await silent.model.getTextEmbedding("a");
    expect(errors.map(({ operation }) => operation)).toEqual(["write"]);
  });

  describe.each([
    ["that somebody listens to", true],
    ["that nobody listens to", false],
  ])("as a Keyv %s", (_kind, listens) => {
    const open = () => {
      const down = { get: broken, set: broken, getMany: broken, setMany: broken };
      const keyv = new Keyv({ store: { ...down, delete: broken, clear: broken } as never });
      const heard = vi.fn();
      if (listens) keyv.on("error", heard);
      return { keyv, heard };
    };

    it("reports each failed read and write, and leaves no listener", async () => {
      const { keyv } = open();
      const { model, requests } = withStore(keyv as CacheStore);
      await model.getTextEmbeddingBatch(["a", "bb", "ccc", "d"], { workers: 1 });
      expect(sentBy(requests)).toEqual(["a", "bb", "ccc", "d"]);
      expect(errors.map(({ message }) => message)).toEqual([
        "the embedding cache failed (read): the disk is full",
        "the embedding cache failed (write): the disk is full",
        "the embedding cache failed (write): the disk is full",
      ]);
      expect(keyv.listenerCount("error")).toBe(listens ? 1 : 0);
    });

    it("leaves the errors of other callers' operations to them", async () => {
      const { keyv, heard } = open();
      const { model } = withStore(keyv as CacheStore);
      const call = model.getTextEmbedding("a");
      const own = keyv.get("theirs");
      if (listens) expect(await own).toBeUndefined();
      else await expect(own).rejects.toThrow("the disk is full");
      await call;
      expect(errors.map(({ operation }) => operation)).toEqual(["read", "write"]);
      expect(heard).toHaveBeenCalledTimes(listens ? 3 : 0);
    });
  });

  it("in a read of a Keyv is reported with the error of that read, even if a write fails concurrently", async () => {
    const gate = Promise.withResolvers<undefined[]>();
    const store = { getMany: () => gate.promise, setMany: broken, get: broken, set: broken };
    const keyv = new Keyv({ store: { ...store, delete: broken, clear: broken } as never });
    keyv.on("error", () => {});
    const { model } = withStore(keyv as CacheStore);
    const calls = Promise.all([model.getTextEmbedding("a"), model.getTextEmbedding("bb")]);
    await turn();
    // For both reads together, one more than before.
    expect(keyv.listenerCount("error")).toBe(2);
    await keyv.setMany([{ key: "theirs", value: 1 }]);
    gate.resolve([undefined]);
    await calls;
    expect(errors.map(({ operation }) => operation)).toEqual(["write", "write"]);
    expect(keyv.listenerCount("error")).toBe(1);
  });

  it("whose Keyv never responds is listened to only until its time-out", async () => {
    const never = (): Promise<never> => new Promise(() => {});
    const store = { get: never, set: never, getMany: never, setMany: never, delete: never, clear: never };
    const keyv = new Keyv({ store: store as never });
    keyv.on("error", () => {});
    const { model } = withStore(keyv as CacheStore, { timeout: 5 });
    expect(await model.getTextEmbedding("a")).toEqual(expected("a"));
    expect(errors).toHaveLength(2);
    expect(keyv.listenerCount("error")).toBe(1);
  });

  it("by never responding is given up after its time-out", async () => {
    const { model } = withStore(
      { get: () => new Promise(() => {}), set: () => new Promise(() => {}) },
      { timeout: 5 },
    );
    expect(await model.getTextEmbedding("a")).toEqual(expected("a"));
    expect(errors.map(({ message }) => message)).toEqual([
      "the embedding cache failed (read): the store did not respond within 5 ms",
      "the embedding cache failed (write): the store did not respond within 5 ms",
    ]);
  });

  it("by returning too few values is ignored", async () => {
    const { model } = withStore({ get: () => undefined, set: () => true, getMany: () => [] });
    expect(await model.getTextEmbedding("a")).toEqual(expected("a"));
    expect(errors[0]!.message).toContain("getMany must return an array with a value for each key");
  });

  it.each([
    ["cut short", (value: string) => value.slice(0, 8)],
    ["of other bytes", (value: string) => value.slice(0, -4) + (value.endsWith("AAA=") ? "AAE=" : "AAA=")],
    ["something else", () => ({ vector: [1, 2] })],
    ["empty", () => ""],
    ["a number", () => 7],
  ])("by giving a value that is %s is found out", async (_kind, damage) => {
    const store = new Map<string, unknown>();
    await fake({}, { cache: store }).model.getTextEmbedding("a");
    for (const [key, value] of store) store.set(key, damage(value as string));
    const { model, requests } = withStore(store);
    expect(await model.getTextEmbedding("a")).toEqual(expected("a"));
    expect(sentBy(requests)).toEqual(["a"]);
    expect(errors.map(({ operation }) => operation)).toEqual(["damaged value"]);
    // It has been rewritten.
    await model.getTextEmbedding("a");
    expect(sentBy(requests)).toEqual(["a"]);
  });

  it("by mixing up its values is detected", async () => {
    const store = new Map<string, unknown>();
    await fake({}, { cache: store }).model.getTextEmbeddingBatch(["a", "bb"]);
    const [[first, a], [second, b]] = [...store] as [[string, unknown], [string, unknown]];
    store.set(first, b);
    store.set(second, a);
    const { model } = withStore(store);
    expect((await model.getTextEmbeddingBatch(["a", "bb"])).embeddings).toEqual(["a", "bb"].map(expected));
    expect(errors).toHaveLength(2);
  });

  it.each<[string, () => unknown]>([
    ["throws", broken],
    ["rejects", () => Promise.reject(new Error("the disk is full"))],
  ])("continues when onError %s, and warns once of it", async (_how, onError) => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    try {
      const { model, requests } = withStore({ get: broken, set: broken }, { onError });
      expect(await model.getTextEmbedding("a")).toEqual(expected("a"));
      await turn();
      expect(requests).toHaveLength(1);
      expect(warn.mock.calls.map(([message]) => message)).toEqual([
        "onError of the cache failed: Error: the disk is full; the call continues without it",
      ]);
    } finally {
      warn.mockRestore();
    }
  });

  it("emits one warning for each kind of failure without onError", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    const { model } = fake({}, { cache: { get: broken, set: broken } });
    await model.getTextEmbedding("a");
    await model.getTextEmbedding("b");
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      "the embedding cache failed (read): the disk is full; the call continues without it",
      "the embedding cache failed (write): the disk is full; the call continues without it",
    ]);
    warn.mockRestore();
  });
});

describe("concurrent calls", () => {
  const gated = (fail?: Error) => {
    const gate = Promise.withResolvers<void>();
    const sent: string[] = [];
    const { model } = fake(
      {
        embed: async ({ texts }, { signal }) => {
          sent.push(...texts);
          if (sent.length === 1) {
            const aborted = new Promise<never>((_resolve, reject) =>
              signal.addEventListener("abort", () => reject(signal.reason)),
            );
            await Promise.race([gate.promise, aborted]);
            if (fail) throw fail;
          }
          return { embeddings: texts.map((text, index) => ({ index, embedding: expected(text) })) };
        },
      },
      { cache: true },
    );
    return { model, gate, sent };
  };

  it("share a request, and each gets its own vector", async () => {
    const { model, gate, sent } = gated();
    const first = model.getTextEmbedding("same");
    const second = model.getTextEmbeddingBatch(["same", "other"]);
    await turn();
    gate.resolve();
    const [mine, { embeddings }] = await Promise.all([first, second]);
    expect(sent).toEqual(["same", "other"]);
    mine.fill(9);
    expect(embeddings).toEqual(["same", "other"].map(expected));
  });

  it("get correct vectors even if the first changes its vector before the others have read theirs", async () => {
    const gate = Promise.withResolvers<void>();
    const { model } = fake(
      {
        limits: { inputs: 1 },
        embed: async ({ texts: [text = ""] }) => {
          await (text === "slow" ? gate.promise : turn());
          return { embeddings: [{ index: 0, embedding: expected(text) }] };
        },
      },
      { cache: true },
    );
    const slow = model.getTextEmbedding("slow");
    const first = model.getTextEmbedding("same");
    await Promise.resolve();
    // It waits for both of the others, for the slow one first.
    const last = model.getTextEmbeddingBatch(["slow", "same"]);
    (await first).fill(9);
    gate.resolve();
    await slow;
    expect((await last).embeddings).toEqual(["slow", "same"].map(expected));
  });

  it("do not share a failure: the waiting call sends the text itself", async () => {
    const { model, gate, sent } = gated(Object.assign(new Error("refused"), { retryable: false }));
    const first = failureOf(model.getTextEmbedding("same"));
    const second = model.getTextEmbedding("same");
    await turn();
    gate.resolve();
    expect(await first).toMatchObject({ message: "refused" });
    expect(await second).toEqual(expected("same"));
    expect(sent).toEqual(["same", "same"]);
  });

  it("do not share an abort either", async () => {
    const { model, sent } = gated();
    const stop = new AbortController();
    const first = failureOf(model.getTextEmbedding("same", { signal: stop.signal }));
    await turn();
    const second = model.getTextEmbedding("same");
    await turn();
    const reason = new Error("no longer wanted");
    stop.abort(reason);
    expect(await first).toBe(reason);
    expect(await second).toEqual(expected("same"));
    expect(sent).toEqual(["same", "same"]);
  });

  it("that wait for another can be aborted alone", async () => {
    const { model, gate } = gated();
    const stop = new AbortController();
    const first = model.getTextEmbedding("same");
    await turn();
    const second = failureOf(model.getTextEmbedding("same", { signal: stop.signal }));
    await turn();
    const reason = new Error("no longer wanted");
    stop.abort(reason);
    expect(await second).toBe(reason);
    gate.resolve();
    expect(await first).toEqual(expected("same"));
  });
});

it("the event of a call reports how many texts were cached", async () => {
  const debug = new DebugHandler();
  const callbackManager = new CallbackManager({ handlers: [debug] });
  const { model } = fake({}, { cache: true });
  await model.getTextEmbeddingBatch(["a", "b"]);
  await model.getTextEmbeddingBatch(["a", "b", "c"], { callbackManager });
  const [pair] = debug.getEventPairs("embed_texts");
  expect(pair![1].endPayload).toMatchObject({ count: 3, cached: 2, requests: 1 });
});

it("keeps the most recently used embeddings in memory, up to its size", async () => {
  // A record of two floats has 14 bytes, and an entry 340 more.
  const { model, requests } = fake({}, { cache: memoryStore({ maxBytes: 2 * (14 + 340) }) });
  for (const text of ["a", "b", "a", "c", "a", "b"]) {
    // oxlint-disable-next-line no-await-in-loop -- one after another
    await model.getTextEmbedding(text);
  }
  expect(sentBy(requests)).toEqual(["a", "b", "c", "b"]);
});

it.each([
  [{ cache: 5 }, "cache must be true, a store with get and set"],
  [{ cache: { get: 1 } }, "cache must be true, a store with get and set"],
  [{ cache: { store: new Map(), format: "json" } }, 'cache.format must be "base64" or "bytes"'],
  [{ cache: { store: new Map(), timeout: -1 } }, "cache.timeout must be more than 0"],
])("refuses %j", (options, message) => {
  expect(() => fake({}, options as never)).toThrow(message);
});
