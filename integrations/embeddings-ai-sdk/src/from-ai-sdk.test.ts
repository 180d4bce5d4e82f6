import { inspect } from "node:util";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError } from "@ai-sdk/provider";
import { CallbackManager, DebugHandler, TokenCountingHandler } from "@llx/callbacks";
import { EmbeddingBatchError, EmbeddingResponseError } from "@llx/embeddings";
import {
  type EmbeddingServer,
  fakeVectorOf,
  registerConformance,
  startEmbeddingServer,
} from "@llx/embeddings/testing";
import { createGateway } from "ai";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeOpenAi } from "./fake-openai.ts";
import { AiSdkError, type AiSdkEmbeddingModel, fromAiSdk } from "./index.ts";

const service = fakeOpenAi();
const { apiKey } = service;
const failure = (work: Promise<unknown>): Promise<unknown> => work.then(undefined, (error: unknown) => error);

/** A model of each of two providers of the AI SDK, connected to our server. */
const providers = {
  "@ai-sdk/openai-compatible": (url: string, key = apiKey) =>
    createOpenAICompatible({
      name: "local",
      apiKey: key,
      baseURL: `${url}/v1`,
    }).embeddingModel("small"),
  "@ai-sdk/openai": (url: string, key = apiKey) =>
    createOpenAI({ apiKey: key, baseURL: `${url}/v1` }).embeddingModel("small"),
};

/** A model of any version that responds as the function does. */
function handMade(change: Partial<Record<keyof AiSdkEmbeddingModel, unknown>>): AiSdkEmbeddingModel {
  return {
    specificationVersion: "v4",
    provider: "own",
    modelId: "small",
    maxEmbeddingsPerCall: 4,
    supportsParallelCalls: true,
    doEmbed: async ({ values }: { values: string[] }) => ({
      embeddings: values.map(({ length }) => [length, 1]),
      warnings: [],
    }),
    ...change,
  } as AiSdkEmbeddingModel;
}

let server: EmbeddingServer;
beforeEach(async () => {
  server = await startEmbeddingServer(service);
});
afterEach(() => server.aclose());

describe.each(Object.entries(providers))("a model of %s", (_name, modelAt) => {
  it("embeds 1,000 texts in order, although responses and vectors are out of order", async () => {
    const texts = Array.from({ length: 1000 }, (_, index) => `text number ${index}`);
    const expected = texts.map((text) => fakeVectorOf(text, "float", 8));
    // Of two requests in flight, the second gets its response first, and the vectors of every other one are shuffled.
    for (let sent = 0; sent < 10; sent += 2) {
      const until = server.until(() => server.requests.length >= Math.min(sent + 3, 10));
      server.plan({ kind: "held", until }, { kind: "shuffled" });
    }
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    const options = { callbackManager, workers: 2, limits: { inputs: 100 } };
    await using model = fromAiSdk(modelAt(server.url), options);
    const { embeddings, usage, requestIds } = await model.getTextEmbeddingBatch(texts);
    expect(embeddings).toEqual(expected);
    // 12 characters before each number: 10 × 1, 90 × 2 and 900 × 3 digits. The server counts each as a token.
    expect(usage).toEqual({ inputTokens: 14_890, totalTokens: 14_890 });
    expect(requestIds).toHaveLength(10);
    const each = { status: "ok", payload: { count: 100 }, endPayload: { dimensions: 8 } };
    const requests = debug.getEventPairs("embedding").map(([, end]) => end);
    expect(requests).toMatchObject(Array.from({ length: 10 }, () => each));
    expect(debug.getEventPairs("embed_texts")[0]![1]).toMatchObject({
      status: "ok",
      payload: { model: "small", count: 1000 },
      endPayload: { requests: 10, dimensions: 8 },
    });
  });

  it("retries a refused request in one layer, however often it is refused, after the requested wait", async () => {
    const busy = { kind: "status", status: 429, headers: { "retry-after-ms": "1" } } as const;
    server.plan(busy, busy, busy, busy, busy);
    await using once = fromAiSdk(modelAt(server.url), { retry: { attempts: 1 } });
    const error = await failure(once.getTextEmbedding("a text"));
    expect(server.requests).toHaveLength(1);
    expect(error).toBeInstanceOf(AiSdkError);
    expect(error).toMatchObject({ status: 429, retryable: true, refused: true, retryAfter: 1 });
    await using model = fromAiSdk(modelAt(server.url));
    expect(await model.getTextEmbedding("a text")).toEqual(fakeVectorOf("a text", "float", 8));
    expect(server.requests).toHaveLength(6);
  });

  it("reports which texts have no embedding after a failed request", async () => {
    server.plan("none", { kind: "status", status: 400, message: "no such words" });
    await using model = fromAiSdk(modelAt(server.url), { limits: { inputs: 2 }, workers: 1 });
    const error = await failure(model.getTextEmbeddingBatch(["a", "b", "c", "d"]));
    if (!(error instanceof EmbeddingBatchError)) throw error;
    expect(error.failed.map(({ index }) => index)).toEqual([2, 3]);
    expect(error.partial.embeddings[1]).toEqual(fakeVectorOf("b", "float", 8));
    expect(error.cause).toBeInstanceOf(AiSdkError);
    expect(error.cause).toMatchObject({ status: 400, retryable: false, requestId: undefined });
    expect((error.cause as Error).message).toMatch(/^\S+ responded with 400: no such words$/);
  });

  it("ends the request on the server when the caller aborts", async () => {
    server.plan({ kind: "silent" });
    await using model = fromAiSdk(modelAt(server.url));
    const stop = new AbortController();
    const call = failure(model.getTextEmbeddingBatch(["a text"], { signal: stop.signal }));
    await server.until(() => server.requests.length === 1);
    const reason = new Error("no more of it");
    stop.abort(reason);
    expect(await call).toBe(reason);
    await server.until(() => server.abandoned === 1);
    expect(server.requests).toHaveLength(1);
  });

  it("shows neither its key nor a text", async () => {
    const wrong = "sk-another-key-that-nobody-may-see";
    await using model = fromAiSdk(modelAt(server.url, wrong));
    const error = await failure(model.getTextEmbedding("a text that nobody may see"));
    expect(error).toMatchObject({ status: 401, retryable: false });
    const shown = inspect([model, error], { depth: 9, showHidden: true }) + JSON.stringify([model, error]);
    expect(shown).not.toMatch(/nobody may see|nobody-may-see/);
    expect(shown).toContain("wrong key");
  });
});

describe("fromAiSdk", () => {
  it("passes on dimensions, headers and the provider's options", async () => {
    const asked: unknown[] = [];
    const doEmbed = async (options: { values: string[] }) => {
      const { abortSignal: _signal, ...rest } = options as { values: string[]; abortSignal?: unknown };
      asked.push(rest);
      return { embeddings: rest.values.map(() => [1, 2]), warnings: [] };
    };
    const given = { dimensions: 2, headers: { "x-team": "search" } };
    await using model = fromAiSdk(handMade({ doEmbed }), {
      ...given,
      providerOptions: (inputType) => ({ own: { inputType } }),
    });
    expect(model).toMatchObject({ provider: "own", model: "small", dimensions: 2 });
    expect(model.capabilities.inputTypes).toEqual(["document", "query"]);
    await model.getTextEmbedding("a");
    await model.getQueryEmbedding("b");
    expect(asked).toEqual([
      { values: ["a"], ...given, providerOptions: { own: { inputType: "document" } } },
      { values: ["b"], ...given, providerOptions: { own: { inputType: "query" } } },
    ]);
  });

  it("passes the input type to a known provider, with separate cache keys", async () => {
    const asked: unknown[] = [];
    const doEmbed = async ({ values, providerOptions }: { values: string[]; providerOptions?: unknown }) => {
      asked.push(providerOptions);
      return { embeddings: values.map(() => [1]), warnings: [] };
    };
    const cohere = { provider: "cohere.textEmbedding", modelId: "embed-v4.0", doEmbed };
    const cache = new Map<string, unknown>();
    await using model = fromAiSdk(handMade(cohere), { cache });
    expect(model.capabilities.inputTypes).toEqual(["document", "query", "classification", "clustering"]);
    await model.getTextEmbedding("a");
    await model.getQueryEmbedding("a");
    await model.getTextEmbeddingBatch(["a"], { inputType: "clustering" });
    const given = { cohere: { inputType: "search_query" } };
    await using fixed = fromAiSdk(handMade(cohere), { cache, providerOptions: given });
    await fixed.getTextEmbedding("a");
    expect(asked).toEqual([
      { cohere: { inputType: "search_document" } },
      { cohere: { inputType: "search_query" } },
      { cohere: { inputType: "clustering" } },
      given,
    ]);
  });

  it("warns once about a model whose option for queries is unknown", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    try {
      for (const modelId of ["first", "first", "second"]) {
        await using model = fromAiSdk(handMade({ modelId }));
        await model.getTextEmbedding("a");
        await model.getQueryEmbedding("a");
        await model.getQueryEmbedding("b");
      }
      await using telling = fromAiSdk(handMade({ modelId: "third" }), { providerOptions: () => ({}) });
      await telling.getQueryEmbedding("a");
      expect(warn.mock.calls).toEqual(
        ["first", "second"].map((modelId) => [
          expect.stringMatching(
            new RegExp(
              `^queries are embedded like documents: fromAiSdk does not know the option of own for queries \\(model ${modelId}\\)\\. If`,
            ),
          ),
          { type: "QueriesUntold", code: "LLX_QUERIES_UNTOLD" },
        ]),
      );
    } finally {
      warn.mockRestore();
    }
  });

  it.each(["v4", "v3", "v2"] as const)("accepts models of version %s", async (specificationVersion) => {
    await using model = fromAiSdk(handMade({ specificationVersion }));
    const { embeddings, usage } = await model.getTextEmbeddingBatch(["a", "bb"]);
    expect(embeddings).toEqual([Float32Array.of(1, 1), Float32Array.of(2, 1)]);
    expect(usage).toBeUndefined();
  });

  it("uses the limits of the model, or those given", () => {
    const openai = createOpenAI({ apiKey }).embeddingModel("small");
    const limits = (options?: object, model: AiSdkEmbeddingModel = openai) =>
      fromAiSdk(model, options).limits;
    expect(limits()).toEqual({ inputs: 2048, bytes: 300_000 });
    expect(limits({ limits: { inputs: 10, tokens: 20 } })).toEqual({
      inputs: 10,
      tokens: 20,
      bytes: 300_000,
    });
    const unlimited = (maxEmbeddingsPerCall: AiSdkEmbeddingModel["maxEmbeddingsPerCall"]) =>
      handMade({ maxEmbeddingsPerCall });
    expect(limits({}, unlimited(Infinity))).toEqual({ inputs: 96 });
    expect(limits({}, unlimited(undefined))).toEqual({ inputs: 96 });
    const promised = unlimited(Promise.resolve(7));
    expect(limits({ limits: { inputs: 7 } }, promised)).toEqual({ inputs: 7 });
    expect(() => fromAiSdk(promised)).toThrow(
      /the limit of own is a promise: await it, as in limits: \{ inputs: await/,
    );
  });

  it("sends one request at a time to a model that does not support parallel calls", async () => {
    let underWay = 0;
    let most = 0;
    const doEmbed = async ({ values }: { values: string[] }) => {
      most = Math.max(most, ++underWay);
      await Promise.resolve();
      underWay--;
      return { embeddings: values.map(() => [1]), warnings: [] };
    };
    const texts = Array.from({ length: 12 }, (_, index) => `text ${index}`);
    await using one = fromAiSdk(handMade({ doEmbed, supportsParallelCalls: false }));
    await one.getTextEmbeddingBatch(texts);
    expect(most).toBe(1);
    await using several = fromAiSdk(handMade({ doEmbed }));
    await several.getTextEmbeddingBatch(texts);
    expect(most).toBe(3);
  });

  it("requests a cached text once per address and options", async () => {
    const cache = new Map<string, unknown>();
    const { "@ai-sdk/openai": modelAt } = providers;
    const embed = async (options: object): Promise<void> => {
      await using model = fromAiSdk(modelAt(server.url), { cache, ...options });
      await model.getTextEmbedding("a text");
    };
    const user = { providerOptions: { openai: { user: "one" } } };
    for (const options of [{}, {}, { variant: "elsewhere" }, user, user]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another, to find what the one before has kept
      await embed(options);
    }
    expect(server.requests).toHaveLength(3);
  });

  it("exceeds a token budget by at most one request", async () => {
    const counter = new TokenCountingHandler({ tokenBudget: 5 });
    const callbackManager = new CallbackManager({ handlers: [counter] });
    const { "@ai-sdk/openai": modelAt } = providers;
    await using model = fromAiSdk(modelAt(server.url), { callbackManager });
    expect(await model.getTextEmbedding("a text")).toBeInstanceOf(Float32Array);
    await expect(model.getTextEmbedding("more")).rejects.toThrow("6 tokens are used of a budget of 5");
    expect(server.requests).toHaveLength(1);
  });

  it("recognises an abort, even if the SDK wraps it in another error", async () => {
    const stop = new AbortController();
    const reason = new Error("no more of it");
    const doEmbed = ({ abortSignal }: { abortSignal: AbortSignal }): Promise<never> => {
      stop.abort(reason);
      expect(abortSignal.aborted).toBe(true);
      const what = { message: "Failed to process successful response", url: "", requestBodyValues: {} };
      return Promise.reject(new APICallError({ ...what, cause: reason }));
    };
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    await using model = fromAiSdk(handMade({ doEmbed }), { callbackManager });
    expect(await failure(model.getTextEmbedding("a text", { signal: stop.signal }))).toBe(reason);
    expect(debug.getEventPairs("embedding")).toMatchObject([[{}, { status: "aborted" }]]);
  });

  it("recognises the errors of the gateway too", async () => {
    const gateway = createGateway({ apiKey, baseURL: server.url });
    await using model = fromAiSdk(gateway.embeddingModel("small"));
    const error = await failure(model.getTextEmbedding("a text"));
    expect(error).toBeInstanceOf(AiSdkError);
    // The server has no such address, so there is nothing to retry.
    expect(error).toMatchObject({ provider: "gateway", status: 404, retryable: false });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    [[[1]], /1 embeddings for 2 texts/],
    [undefined, /there is no list of embeddings/],
  ])("trusts no answer that has not one vector for each text, as %j", async (embeddings, message) => {
    const doEmbed = async () => ({ embeddings, warnings: [] });
    await using model = fromAiSdk(handMade({ doEmbed }), { retry: { attempts: 1 } });
    const error = await failure(model.getTextEmbeddingBatch(["a", "b"]));
    expect((error as Error).cause).toBeInstanceOf(EmbeddingResponseError);
    expect((error as Error).message).toMatch(message);
  });

  it.each([
    ["left out where it is 0, as in JSON of protobuf", [{}, { index: 1 }], [[10], [20]]],
    ["left out of all", [{}, {}], [[10], [20]]],
    ["told in another order", [{ index: 1 }, { index: 0 }], [[20], [10]]],
  ])("places vectors by the index that the service tells, %s", async (_what, data, expected) => {
    const doEmbed = async () => ({ embeddings: [[10], [20]], response: { body: { data } }, warnings: [] });
    await using model = fromAiSdk(handMade({ doEmbed }));
    const { embeddings } = await model.getTextEmbeddingBatch(["a", "b"]);
    expect(embeddings).toEqual(expected.map((numbers) => Float32Array.from(numbers)));
  });

  it("refuses an index that collides with an omitted one", async () => {
    const data = [{ index: 1 }, {}];
    const doEmbed = async () => ({ embeddings: [[10], [20]], response: { body: { data } }, warnings: [] });
    await using model = fromAiSdk(handMade({ doEmbed }), { retry: { attempts: 1 } });
    await expect(model.getTextEmbeddingBatch(["a", "b"])).rejects.toThrow(/index 1 twice/);
  });

  it.each([
    ["the name of a model", "openai/small", "not a string"],
    ["nothing", undefined, "not undefined"],
    ["a language model", { specificationVersion: "v4", doGenerate() {} }, "not an object without doEmbed"],
    ["a model of another time", handMade({ specificationVersion: "v9" }), "not version v9"],
  ])("refuses %s", (_what, model, message) => {
    expect(() => fromAiSdk(model as AiSdkEmbeddingModel)).toThrow(message);
  });
});

/** The SDK reads answers itself, and the key, the address and the connections (which fetch keeps) are its affair. */
const notOurs = [
  "aborts a response longer than any valid one, and does not retry",
  "treats an error with status 200 as a failure, and retries if its code says so",
  "does not retry after the quota is used up",
  "rejects a response with null instead of an item, as an EmbeddingResponseError",
  "names the text and the index of a number that is null",
  "names the text and the index of a number that is NaN",
  "names the form of a response without embeddings, and shows none of its content",
  // The SDK refuses more texts itself.
  "the service refuses a request of one above limits.inputs",
  "closing leaves no connection open",
  "refuses an empty key",
  "refuses a key with a line break, and does not show it",
  "refuses an invalid address",
  // It takes a signal, and no time-out.
  "gives its client the time-out of an attempt, so that a long one is no shorter",
];

for (const [name, modelAt] of Object.entries(providers)) {
  const names: string[] = [];
  registerConformance(
    {
      name,
      service,
      requestIdHeader: "x-request-id",
      // They are learned from refusals.
      rateLimits: "none",
      create: ({ apiKey: key, baseUrl, ...options }) =>
        fromAiSdk(modelAt(baseUrl, key), { variant: baseUrl, ...options }),
    },
    {
      describe,
      // Each has a server of its own.
      it(what, run, timeout) {
        names.push(what);
        const register = notOurs.includes(what) ? () => {} : it.concurrent;
        register(what, run, timeout);
      },
    },
  );

  it(`${name} has each of the tests that are left out`, () => {
    expect(names).toEqual(expect.arrayContaining(notOurs));
  });
}
