import { inspect } from "node:util";
import { FakeEmbeddings } from "@langchain/core/utils/testing";
import { OpenAIEmbeddings } from "@langchain/openai";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { EmbeddingBatchError, type EmbeddingModel } from "@llx/embeddings";
import {
  type EmbeddingServer,
  fakeVectorOf,
  registerConformance,
  startEmbeddingServer,
} from "@llx/embeddings/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fakeOpenAi } from "./fake-openai.ts";
import { fromLangChain, type FromLangChainOptions, LangChainError } from "./index.ts";

const service = fakeOpenAi();
const { apiKey } = service;
const failure = (work: Promise<unknown>): Promise<unknown> => work.then(undefined, (error: unknown) => error);

function openAiAt(url: string, key = apiKey): OpenAIEmbeddings {
  return new OpenAIEmbeddings({
    model: "small",
    apiKey: key,
    maxRetries: 0,
    maxConcurrency: Infinity,
    encodingFormat: "float",
    stripNewLines: false,
    configuration: { baseURL: `${url}/v1` },
  });
}

let server: EmbeddingServer;

beforeEach(async () => {
  server = await startEmbeddingServer(service);
});

afterEach(() => server.aclose());

const modelAt = (options?: FromLangChainOptions): EmbeddingModel =>
  fromLangChain(openAiAt(server.url), options);

describe("fromLangChain", () => {
  it("embeds 1,000 texts in order, although responses and vectors are out of order", async () => {
    const texts = Array.from({ length: 1000 }, (_, index) => `text number ${index}`);
    // Of two requests in flight, the second gets its response first, and the vectors of every other one are shuffled.
    for (let sent = 0; sent < 10; sent += 2) {
      const until = server.until(() => server.requests.length >= Math.min(sent + 3, 10));
      server.plan({ kind: "held", until }, { kind: "shuffled" });
    }
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    await using model = modelAt({ callbackManager, workers: 2, limits: { inputs: 100 } });
    const { embeddings, usage, requestIds } = await model.getTextEmbeddingBatch(texts);
    expect(embeddings).toEqual(texts.map((text) => fakeVectorOf(text, "float", 8)));
    // 12 characters before each number: 10 × 1, 90 × 2 and 900 × 3 digits. The server counts each as a token.
    expect(usage).toEqual({ inputTokens: 14_890, totalTokens: 14_890 });
    expect(requestIds).toHaveLength(10);
    const each = { status: "ok", payload: { provider: "OpenAIEmbeddings", model: "small", count: 100 } };
    const requests = debug.getEventPairs("embedding").map(([, end]) => end);
    expect(requests).toMatchObject(Array.from({ length: 10 }, () => each));
    expect(debug.getEventPairs("embed_texts")[0]![1]).toMatchObject({ endPayload: { requests: 10 } });
  });

  it("retries a refused request in one layer, however often it is refused, after the requested wait", async () => {
    const busy = { kind: "status", status: 429, headers: { "retry-after-ms": "1" } } as const;
    server.plan(busy, busy, busy, busy, busy);
    await using once = modelAt({ retry: { attempts: 1 } });
    const error = await failure(once.getTextEmbedding("a text"));
    expect(server.requests).toHaveLength(1);
    expect(error).toBeInstanceOf(LangChainError);
    expect(error).toMatchObject({ status: 429, retryable: true, refused: true, retryAfter: 1 });
    await using model = modelAt();
    expect(await model.getTextEmbedding("a text")).toEqual(fakeVectorOf("a text", "float", 8));
    expect(server.requests).toHaveLength(6);
  });

  it("refuses embeddings that retry by themselves, unless its own retries are off", async () => {
    const trying = new OpenAIEmbeddings({ apiKey, maxRetries: 3 });
    expect(() => fromLangChain(trying)).toThrow(/maxRetries is 3.*create them with maxRetries: 0/);
    await using model = fromLangChain(trying, { retry: { attempts: 1 } });
    expect(model.provider).toBe("OpenAIEmbeddings");
  });

  it("reports which texts have no embedding after a failed request", async () => {
    server.plan("none", { kind: "status", status: 400, message: "no such words" });
    await using model = modelAt({ limits: { inputs: 2 }, workers: 1 });
    const error = await failure(model.getTextEmbeddingBatch(["a", "b", "c", "d"]));
    if (!(error instanceof EmbeddingBatchError)) throw error;
    expect(error.failed.map(({ index }) => index)).toEqual([2, 3]);
    expect(error.partial.embeddings[1]).toEqual(fakeVectorOf("b", "float", 8));
    expect(error.cause).toMatchObject({
      message: "OpenAIEmbeddings: 400 no such words",
      status: 400,
      retryable: false,
    });
  });

  it("ends at once when the caller aborts, although LangChain cannot end the request", async () => {
    server.plan({ kind: "silent" });
    const debug = new DebugHandler();
    await using model = modelAt({ callbackManager: new CallbackManager({ handlers: [debug] }) });
    const stop = new AbortController();
    const call = failure(model.getTextEmbeddingBatch(["a text"], { signal: stop.signal }));
    await server.until(() => server.requests.length === 1);
    const reason = new Error("no more of it");
    stop.abort(reason);
    expect(await call).toBe(reason);
    expect(debug.getEventPairs("embedding")).toMatchObject([[{}, { status: "aborted" }]]);
    expect(server.abandoned).toBe(0);
  });

  it("shows neither its key nor a text", async () => {
    const wrong = "sk-another-key-that-nobody-may-see";
    await using model = fromLangChain(openAiAt(server.url, wrong));
    const error = await failure(model.getTextEmbedding("a text that nobody may see"));
    expect(error).toMatchObject({
      message: "OpenAIEmbeddings: 401 wrong key",
      status: 401,
      retryable: false,
    });
    const shown = inspect([model, error], { depth: 9, showHidden: true }) + JSON.stringify([model, error]);
    expect(shown).not.toMatch(/nobody may see|nobody-may-see/);
  });

  it("embeds queries as queries, one after another", async () => {
    const asked: string[] = [];
    const embeddings = {
      embedDocuments: async (texts: string[]) => texts.map(() => [1, 0]),
      async embedQuery(text: string) {
        asked.push(text);
        return [0, text.length];
      },
    };
    await using model = fromLangChain(embeddings, { provider: "own", model: "small" });
    expect(await model.getQueryEmbedding("why?")).toEqual(Float32Array.of(0, 4));
    const { embeddings: many } = await model.getTextEmbeddingBatch(["a", "bb"], { inputType: "query" });
    expect(many).toEqual([Float32Array.of(0, 1), Float32Array.of(0, 2)]);
    expect(asked).toEqual(["why?", "a", "bb"]);
    expect(await model.getTextEmbedding("why?")).toEqual(Float32Array.of(1, 0));
    expect(model).toMatchObject({ provider: "own", model: "small" });
  });

  it("uses the given limits, otherwise the batch size, otherwise 96 texts", () => {
    expect(modelAt().limits).toEqual({ inputs: 512 });
    expect(modelAt({ limits: { inputs: 10, characters: 99 } }).limits).toEqual({
      inputs: 10,
      characters: 99,
    });
    const plain = new FakeEmbeddings({ maxRetries: 0 });
    expect(fromLangChain(plain)).toMatchObject({ limits: { inputs: 96 }, model: "FakeEmbeddings" });
  });

  it("sends no more at once than LangChain's maxConcurrency", async () => {
    const narrow = new OpenAIEmbeddings({
      model: "small",
      apiKey,
      maxRetries: 0,
      encodingFormat: "float",
      configuration: { baseURL: `${server.url}/v1` },
    });
    const started: number[] = [];
    const callbackManager = new CallbackManager({
      handlers: [
        {
          onEventStart: ({ type }) => void (type === "embedding" && started.push(server.requests.length)),
        },
      ],
    });
    const two = server.until(() => server.requests.length === 2);
    server.plan({ kind: "held", until: two }, { kind: "held", until: two });
    await using model = fromLangChain(narrow, { limits: { inputs: 1 }, callbackManager });
    await model.getTextEmbeddingBatch(["a", "b", "c", "d"]);
    // The third one starts only when two have arrived.
    expect(started.slice(0, 2)).toEqual([0, 0]);
    expect(started[2]).toBeGreaterThanOrEqual(2);
  });

  it.each([null, "small", {}, { embedQuery() {} }])("refuses %j", (embeddings) => {
    expect(() => fromLangChain(embeddings as never)).toThrow(/embeddings must be Embeddings of LangChain/);
  });
});

const leftOut = [
  // LangChain cannot end a request, nor limit its time.
  "aborts an attempt after the time-out if nothing follows the request",
  "aborts an attempt after the time-out if nothing follows the headers",
  "aborts an attempt after the time-out if nothing follows the body",
  "the first failure aborts the other requests of the call",
  "an abort ends the call with its reason, and the request with it",
  "an abort ends the call in the middle of a response too",
  "an abort ends a stream with its reason",
  "totalTimeout ends the whole call, even with attempts left",
  "leaving a stream early closes its source and aborts its requests",
  "closing with abort ends open calls",
  // It sends more texts in several requests.
  "the service refuses a request of one above limits.inputs",
  // It reads responses itself.
  "aborts a response longer than any valid one, and does not retry",
  "names the text and the index of a number that is NaN",
  "names the form of a response without embeddings, and shows none of its content",
  // Its client handles the key, the address and the connections.
  "refuses an empty key",
  "refuses a key with a line break, and does not show it",
  "refuses an invalid address",
  "closing leaves no connection open",
];
const names: string[] = [];

registerConformance(
  {
    name: "OpenAIEmbeddings",
    service,
    requestIdHeader: "x-request-id",
    // LangChain returns no headers: they are learned from refusals.
    rateLimits: "none",
    create: ({ apiKey: key, baseUrl, ...options }) =>
      fromLangChain(openAiAt(baseUrl, key), { variant: baseUrl, ...options }),
  },
  {
    describe,
    // Each has a server of its own.
    it(what, run, timeout) {
      names.push(what);
      const register = leftOut.includes(what) ? () => {} : it.concurrent;
      register(what, run, timeout);
    },
  },
);

it("the omitted tests are tests of the suite", () => {
  expect(names).toEqual(expect.arrayContaining(leftOut));
  expect(names.length).toBeGreaterThan(4 * leftOut.length);
});
