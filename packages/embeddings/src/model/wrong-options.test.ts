import { RateLimiter } from "@llx/async";
import { expect, it } from "vitest";
import { EmbeddingBatchError } from "../contract/embedding-batch-error.ts";
import { coalesce } from "../coalesce/coalesce.ts";
import { createEmbeddingModel } from "./create-embedding-model.ts";
import { fakeEmbedding } from "../testing/fake-embedding.ts";
import { fakeReranker } from "../testing/fake-reranker.ts";

const shared = coalesce(fakeEmbedding());

it.each<[string, (options: never) => unknown]>([
  ["a text", (options) => fakeEmbedding().getTextEmbedding("a", options)],
  ["a query", (options) => fakeEmbedding().getQueryEmbedding("a", options)],
  ["a shared text", (options) => shared.getTextEmbedding("a", options)],
  ["a shared query", (options) => shared.getQueryEmbedding("a", options)],
  ["texts", (options) => fakeEmbedding().getTextEmbeddingBatch(["a"], options)],
  ["a stream", (options) => fakeEmbedding().streamTextEmbeddings(["a"], options)],
  ["an estimate", (options) => fakeEmbedding().estimate(["a"], options)],
  ["a reranking", (options) => fakeReranker().rerank("a", ["a"], options)],
])("%s refuses a signal, a list or null in place of options", async (_name, call) => {
  const given = async (options: unknown): Promise<unknown> => call(options as never);
  await expect(given(new AbortController().signal)).rejects.toThrow(
    new TypeError("options must be a plain object, not an AbortSignal: pass it as { signal }"),
  );
  await expect(given([])).rejects.toThrow(
    new TypeError("options must be a plain object, not an object (Array)"),
  );
  await expect(given(null)).rejects.toThrow(new TypeError("options must be an object, not null"));
});

it.each([fakeEmbedding(), shared])(
  "a call with one text has no options of calls with many",
  async (model) => {
    const given = (options: object) => model.getTextEmbedding("a", options);
    await expect(given({ settle: true })).rejects.toThrow(
      new TypeError("there is no option settle; only calls with many texts have it"),
    );
    await expect(given({ workers: 3 })).rejects.toThrow(
      new TypeError("there is no option workers; there are signal, totalTimeout, callbackManager"),
    );
    await expect(given({ inputType: "query" })).rejects.toThrow(
      new TypeError(
        "there is no option inputType; getTextEmbedding embeds a document, getQueryEmbedding a query",
      ),
    );
  },
);

it("a call with many texts refuses options of another kind", async () => {
  const given = (options: object) => fakeEmbedding().getTextEmbeddingBatch(["a"], options);
  await expect(given({ settle: "true" })).rejects.toThrow(
    new TypeError('settle must be true or false, not the string "true"'),
  );
  await expect(given({ bisect: 1 })).rejects.toThrow(
    new TypeError("bisect must be true or false, not number 1"),
  );
  await expect(given({ desc: 5 })).rejects.toThrow(new TypeError("desc must be a string, not number 5"));
});

it("a call says that its time-out has another name than that of an attempt", async () => {
  await expect(fakeEmbedding().getTextEmbedding("a", { timeout: 5 } as object)).rejects.toThrow(
    "there is no option timeout; it is called totalTimeout; timeout is an option of the model, for each attempt",
  );
});

it.each<[unknown, string]>([
  [[], "an object (Array)"],
  [[new Map()], "an object (Array)"],
  [Promise.resolve(new Map()), "a promise that is not awaited"],
  ["folder", "a string"],
  [{}, "an object (Object)"],
  [{ get: () => undefined }, "an object (Object)"],
  [new Set(), "an object (Set)"],
  [new WeakMap(), "an object (WeakMap)"],
  [new AbortController().signal, "an object (AbortSignal)"],
])("a model says what a cache is in place of %o", (cache, kind) => {
  expect(() => fakeEmbedding({ cache: cache as never })).toThrow(
    new TypeError(
      "cache must be true, a store with get and set (new Map(), a Keyv), memoryStore(), or { store, … }, not " +
        kind,
    ),
  );
});

it.each([
  [{ buffer: 5 }, "a batch has no buffer, as it returns all results at once: use streamTextEmbeddings"],
  [{ progress: true }, "there is no option progress; it is called showProgress"],
])("a batch refuses %o", async (options, message) => {
  await expect(fakeEmbedding().getTextEmbeddingBatch(["a"], options as object)).rejects.toThrow(
    new TypeError(message),
  );
});

it("an error of a batch says which texts the request had that failed", () => {
  const cause = new Error("input[1] is not allowed");
  const failed = [0, 1].map((index) => ({ index, error: cause }));
  const partial = { embeddings: [undefined, undefined], failed, usage: undefined, requestIds: [] } as never;
  expect(new EmbeddingBatchError(cause, partial).message).toBe(
    "input[1] is not allowed; 2 of 2 texts have no embedding (see failed; the first to fail were those from texts[0] to " +
      "texts[1]); settle: true continues after a failure",
  );
});

it.each([
  [400, 2, "settle: true continues after a failure, and limits: { inputs } sends fewer texts in a request"],
  [400, 1, "settle: true continues after a failure"],
  [401, 2, "settle: true continues after a failure"],
  [500, 2, "settle: true continues after a failure"],
])("an error of a batch names what makes requests smaller: %i, %i texts", (status, texts, end) => {
  const cause = Object.assign(new Error("at most 1"), { status });
  const failed = Array.from({ length: texts }, (_, index) => ({ index, error: cause }));
  const partial = { embeddings: failed.map(() => undefined), failed, usage: undefined, requestIds: [] };
  expect(new EmbeddingBatchError(cause, partial as never).message.split("; ").at(-1)).toBe(end);
});

it("an error of a batch says where the embeddings are of the other texts", () => {
  const cause = new Error("it is not allowed");
  const embeddings = [undefined, Float32Array.of(1)];
  const partial = { embeddings, failed: [{ index: 0, error: cause }], usage: undefined, requestIds: [] };
  expect(new EmbeddingBatchError(cause, partial as never).message).toContain(
    "was texts[0]). The others are in partial; settle: true continues",
  );
});

it("an error of a batch of one text says so in the singular", () => {
  const cause = new Error("it is not allowed");
  const partial = {
    embeddings: [undefined],
    failed: [{ index: 0, error: cause }],
    usage: undefined,
    requestIds: [],
  };
  expect(new EmbeddingBatchError(cause, partial as never).message).toContain(
    "; 1 of 1 text has no embedding (",
  );
});

it.each<[object, string]>([
  [
    { cache: { store: {} } },
    "cache.store must have get and set, as new Map() and a Keyv do, not an object (Object)",
  ],
  [
    { cache: { store: new WeakMap() } },
    "cache.store must have get and set, as new Map() and a Keyv do, not an object (WeakMap)",
  ],
  [{ cache: { store: new Map(), onError: 5 } }, "cache.onError must be a function, not number 5"],
  [{ allowZero: 1 }, "allowZero must be true or false, not number 1"],
  [{ rate: {} }, "rate must have requests, tokens or inputs, not none of them"],
  [
    { rate: RateLimiter },
    "rate must be { requests, tokens, inputs }, a RateLimiter or false, not a function; make one: new RateLimiter({ … })",
  ],
  [{ abortSignal: undefined }, "there is no option abortSignal; it is called signal"],
])("a model refuses %o", (options, message) => {
  expect(() => fakeEmbedding(options as never)).toThrow(new TypeError(message));
});

it.each<[object, string]>([
  [{ countTokens: 5 }, "countTokens must be a function, not number 5"],
  [{ rateLimits: 5 }, "rateLimits must be { requests, tokens, inputs }, not number 5"],
  [
    { rateLimits: { limit: 5 } },
    "there is no option rateLimits.limit; it is rateLimits: { requests: { limit, interval } }",
  ],
  [{ limits: { input: 5 } }, "there is no option limits.input; did you mean limits.inputs?"],
])("a declaration is refused with %o", (part, message) => {
  const declared = {
    provider: "own",
    model: "own",
    limits: { inputs: 5 },
    embed: () => new Promise<never>(() => {}),
    ...part,
  };
  expect(() => createEmbeddingModel(declared as never)).toThrow(new TypeError(message));
});

it.each([fakeEmbedding, fakeReranker])("%o refuses null as options", (fakeOf) => {
  expect(() => fakeOf(null as never)).toThrow(new TypeError("options must be an object, not null"));
});

it("closing and coalesce say what they were given", () => {
  expect(() => fakeEmbedding().aclose({ abort: 1 as never })).toThrow(
    new TypeError("abort must be true or false, not number 1"),
  );
  expect(() => coalesce(Promise.resolve(fakeEmbedding()) as never)).toThrow(
    new TypeError("coalesce needs an embedding model, not a promise that is not awaited"),
  );
});
