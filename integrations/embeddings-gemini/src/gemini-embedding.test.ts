import { inspect } from "node:util";
import { EmbeddingResponseError } from "@llx/embeddings";
import {
  type EmbeddingServer,
  type FakeReply,
  fakeVector,
  registerConformance,
  startEmbeddingServer,
} from "@llx/embeddings/testing";
import { AuthenticationError, BadRequestError, RateLimitError } from "@llx/http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeGemini } from "./fake-gemini.ts";
import { geminiEmbedding, type GeminiEmbeddingOptions } from "./index.ts";

const service = fakeGemini({ apiKey: "secret-gemini-key" });
const { apiKey } = service;
const first = "gemini-embedding-001";

let server: EmbeddingServer;
let given: GeminiEmbeddingOptions;

beforeEach(async () => {
  vi.stubEnv("GOOGLE_API_KEY", "");
  server = await startEmbeddingServer(service);
  given = { apiKey, baseUrl: server.url };
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.aclose();
});

interface Sent {
  readonly requests: readonly {
    readonly content: { readonly parts: readonly { readonly text: string }[] };
  }[];
}

const bodiesOf = ({ requests }: EmbeddingServer): Sent[] => requests.map(({ body }) => body as Sent);
const bodies = (): Sent[] => bodiesOf(server);
const textsOf = ({ requests }: Sent): string[] => requests.map(({ content }) => content.parts[0]!.text);
const failure = (work: Promise<unknown>): Promise<unknown> => work.then(undefined, (error: unknown) => error);

const serve = (model: string, dimensions?: number): Promise<EmbeddingServer> =>
  startEmbeddingServer(fakeGemini({ apiKey, model, dimensions }));

/** The sum of its squares. */
const squares = (vector: Float32Array): number => vector.reduce((sum, value) => sum + value * value, 0);

describe("a request to Gemini", () => {
  it("has up to 100 texts", async () => {
    await using gemini = geminiEmbedding({ ...given, dimensions: 128 });
    const texts = Array.from({ length: 102 }, (_, index) => `text ${index + 100}`);
    const { embeddings, usage } = await gemini.getTextEmbeddingBatch(texts);
    expect(embeddings).toEqual(texts.map((text) => fakeVector(text, 128)));
    // Of 8 characters each.
    expect(usage).toMatchObject({ inputTokens: 204 });
    expect(
      bodies()
        .map(({ requests }) => requests.length)
        .toSorted((a, b) => a - b),
    ).toEqual([2, 100]);
  });

  it("has the task before each text, and asks that none is cut", async () => {
    await using gemini = geminiEmbedding({ ...given, headers: { "x-team": "search" } });
    await gemini.getTextEmbeddingBatch(["one", "two"]);
    const [request] = server.requests;
    expect(request).toMatchObject({
      method: "POST",
      path: "/v1beta/models/gemini-embedding-2:batchEmbedContents",
    });
    expect(request!.headers).toMatchObject({ "x-goog-api-key": apiKey, "x-team": "search" });
    expect(request!.headers).not.toHaveProperty("authorization");
    const common = { model: "models/gemini-embedding-2", embedContentConfig: { autoTruncate: false } };
    expect(request!.body).toEqual({
      requests: [
        { ...common, content: { parts: [{ text: "title: none | text: one" }] } },
        { ...common, content: { parts: [{ text: "title: none | text: two" }] } },
      ],
    });
  });

  it("has the form of Google's own clients if texts may be cut", async () => {
    await using gemini = geminiEmbedding({ ...given, truncate: true, tasks: false, dimensions: 768 });
    const long = "x".repeat(4 * 8192 + 1);
    expect(await gemini.getTextEmbedding(long)).toEqual(fakeVector(long, 768));
    const content = { parts: [{ text: long }] };
    const request = { model: "models/gemini-embedding-2", outputDimensionality: 768, content };
    expect(bodies()).toEqual([{ requests: [request] }]);
  });

  it.each([
    ["document", "title: none | text: a"],
    ["query", "task: search result | query: a"],
    ["classification", "task: classification | query: a"],
    ["clustering", "task: clustering | query: a"],
  ] as const)("says of a %s what it is: %s", async (inputType, text) => {
    await using gemini = geminiEmbedding(given);
    const { embeddings } = await gemini.getTextEmbeddingBatch(["a"], { inputType });
    expect(embeddings).toEqual([fakeVector("a", 3072)]);
    expect(bodies().map(textsOf)).toEqual([[text]]);
  });

  it.each([
    ["document", "RETRIEVAL_DOCUMENT"],
    ["query", "RETRIEVAL_QUERY"],
    ["classification", "CLASSIFICATION"],
    ["clustering", "CLUSTERING"],
  ] as const)("for gemini-embedding-001 says of a %s what it is: %s", async (inputType, taskType) => {
    await using other = await serve(first);
    await using gemini = geminiEmbedding({ ...given, baseUrl: other.url, model: first });
    await gemini.getTextEmbeddingBatch(["a"], { inputType });
    const request = { model: `models/${first}`, taskType, content: { parts: [{ text: "a" }] } };
    expect(bodiesOf(other)).toEqual([{ requests: [request] }]);
  });

  it.each([first, "gemini-embedding-2"])("without tasks has the texts alone: %s", async (model) => {
    await using other = await serve(model);
    const options = { ...given, baseUrl: other.url, model, tasks: false, truncate: true };
    await using gemini = geminiEmbedding(options);
    expect(gemini.capabilities.inputTypes).toEqual([]);
    await gemini.getTextEmbedding("a");
    await gemini.getQueryEmbedding("a");
    const body = { requests: [{ model: `models/${model}`, content: { parts: [{ text: "a" }] } }] };
    expect(bodiesOf(other)).toEqual([body, body]);
  });

  it("is sent again without tasks, with separate cache keys", async () => {
    const cache = new Map<string, unknown>();
    await using plain = geminiEmbedding({ ...given, cache, tasks: false });
    await using gemini = geminiEmbedding({ ...given, cache });
    for (const model of [gemini, plain, gemini]) await model.getTextEmbedding("a");
    expect(server.requests).toHaveLength(2);
  });

  it.each(["", "/", "/v1beta", "/v1beta/"])("goes to an address that ends with %j", async (end) => {
    await using gemini = geminiEmbedding({ ...given, baseUrl: server.url + end });
    await gemini.getTextEmbedding("a");
    expect(server.requests).toMatchObject([{ path: "/v1beta/models/gemini-embedding-2:batchEmbedContents" }]);
  });

  it("goes to the address in the environment, with the key that Google's own client prefers", async () => {
    vi.stubEnv("GEMINI_API_KEY", "another-key");
    vi.stubEnv("GOOGLE_API_KEY", apiKey);
    vi.stubEnv("GOOGLE_GEMINI_BASE_URL", `${server.url}/`);
    await using gemini = geminiEmbedding();
    await gemini.getTextEmbedding("a");
    expect(server.requests).toMatchObject([{ headers: { "x-goog-api-key": apiKey } }]);
    vi.stubEnv("GOOGLE_API_KEY", " ");
    await using other = geminiEmbedding();
    await failure(other.getTextEmbedding("a"));
    expect(server.requests[1]).toMatchObject({ headers: { "x-goog-api-key": "another-key" } });
    vi.stubEnv("GEMINI_API_KEY", "");
    expect(() => geminiEmbedding()).toThrow(
      "no API key for Gemini: set GOOGLE_API_KEY or GEMINI_API_KEY, or give the option apiKey",
    );
  });

  it("goes to another version of the API if the address has one", async () => {
    await using gemini = geminiEmbedding({ ...given, baseUrl: `${server.url}/v1/`, retry: { attempts: 1 } });
    // The fake has only one.
    await failure(gemini.getTextEmbedding("a"));
    expect(server.requests).toMatchObject([{ path: "/v1/models/gemini-embedding-2:batchEmbedContents" }]);
  });

  it("goes to the service's own address if the environment has a blank one", async () => {
    vi.stubEnv("GOOGLE_GEMINI_BASE_URL", " ");
    const asked: unknown[] = [];
    const dispatcher = {
      request(options: { origin: unknown; path: unknown }) {
        asked.push(options.origin, options.path);
        return Promise.reject(new Error("no network"));
      },
    } as unknown as NonNullable<GeminiEmbeddingOptions["dispatcher"]>;
    // A name that is not in the documents, with what must not become another path.
    const options = { apiKey, dispatcher, model: "models/a?b/../c", retry: { attempts: 1 } };
    await using gemini = geminiEmbedding(options);
    await expect(gemini.getTextEmbedding("a")).rejects.toThrow("no network");
    const path = "/v1beta/models/a%3Fb%2F..%2Fc:batchEmbedContents";
    expect(asked).toEqual(["https://generativelanguage.googleapis.com", path]);
  });
});

describe("the dimensions of Gemini", () => {
  it("are requested, and refused where the model has fewer", async () => {
    await using gemini = geminiEmbedding({ ...given, dimensions: 256 });
    expect(gemini.dimensions).toBe(256);
    expect(await gemini.getTextEmbedding("a")).toEqual(fakeVector("a", 256));
    expect(bodies()).toMatchObject([
      { requests: [{ outputDimensionality: 256, embedContentConfig: { outputDimensionality: 256 } }] },
    ]);
    expect(() => geminiEmbedding({ ...given, dimensions: 3073 })).toThrow(
      new RangeError("dimensions must be at most 3072 for gemini-embedding-2, not 3073"),
    );
    expect(() => geminiEmbedding({ ...given, dimensions: 0 })).toThrow(
      "dimensions must be a whole number from 1, not 0",
    );
  });

  it("of gemini-embedding-001 come back with length 1, fewer than the model has too", async () => {
    await using other = await serve(first);
    await using gemini = geminiEmbedding({ ...given, baseUrl: other.url, model: first, dimensions: 768 });
    const vector = await gemini.getTextEmbedding("a");
    expect(vector).toBeInstanceOf(Float32Array);
    // The service's own has three quarters of it.
    expect(squares(vector)).toBeCloseTo(1, 6);
    for (const [index, value] of fakeVector("a", 768).entries()) expect(vector[index]).toBeCloseTo(value, 6);
  });

  it("of gemini-embedding-001 stay as they are where the service normalises them", async () => {
    await using other = await serve(first);
    for (const dimensions of [undefined, 3072]) {
      await using gemini = geminiEmbedding({ ...given, baseUrl: other.url, model: first, dimensions });
      expect(await gemini.getTextEmbedding("a")).toEqual(fakeVector("a", 3072));
    }
  });

  it("of gemini-embedding-001 are checked before they are normalised", async () => {
    await using other = await serve(first);
    await using gemini = geminiEmbedding({ ...given, baseUrl: other.url, model: first, dimensions: 4 });
    const body = { embeddings: [{ values: [1, null, 1, 1] }] };
    other.plan(...Array.from({ length: 3 }, () => ({ kind: "otherShape", body }) as const));
    const error = await failure(gemini.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(EmbeddingResponseError);
    expect(error).toMatchObject({ message: expect.stringContaining("contains null at index 1") as string });
  });

  it("of another model are those of its first response, and left as they are", async () => {
    await using other = await serve("other", 8);
    const options = { ...given, baseUrl: other.url, model: "other" };
    await using gemini = geminiEmbedding(options);
    expect(gemini).toMatchObject({ dimensions: undefined, limits: { inputs: 100 } });
    expect(await gemini.getTextEmbedding("a")).toEqual(fakeVector("a", 8));
    await using short = geminiEmbedding({ ...options, dimensions: 4 });
    expect(await short.getTextEmbedding("a")).toEqual(fakeVector("a", 4));
    const content = { parts: [{ text: "a" }] };
    const request = { model: "models/other", taskType: "RETRIEVAL_DOCUMENT", content };
    expect(bodiesOf(other)).toEqual([
      { requests: [request] },
      { requests: [{ ...request, outputDimensionality: 4 }] },
    ]);
  });
});

describe("a text that is too long for Gemini", () => {
  // The fake counts one token for every four characters.
  const tooLong = `${"word".repeat(8192)}.`;

  it("is refused by gemini-embedding-2, and the other texts are embedded", async () => {
    await using gemini = geminiEmbedding({ ...given, dimensions: 128 });
    const error = await failure(gemini.getTextEmbedding(tooLong));
    expect(error).toBeInstanceOf(BadRequestError);
    const message = "Gemini responded with 400: requests[0] has more than 8192 tokens";
    expect(error).toMatchObject({ message, retryable: false });
    const { embeddings, failed } = await gemini.getTextEmbeddingBatch(["a", tooLong], { settle: true });
    expect(embeddings[0]).toEqual(fakeVector("a", 128));
    expect(failed).toMatchObject([{ index: 1, error: { status: 400 } }]);
  });

  it.each([
    [first, 2048],
    ["gemini-embedding-2", 8192],
  ])("is refused before it is sent to %s if its tokens are counted", async (model, most) => {
    await using gemini = geminiEmbedding({ ...given, model, countTokens: (text) => text.length });
    await expect(gemini.getTextEmbeddingBatch(["a", "x".repeat(most + 1)])).rejects.toThrow(
      `texts[1] has ${most + 1} tokens, and the provider takes at most ${most}; cut it into passages`,
    );
    expect(server.requests).toHaveLength(0);
  });
});

describe("a wrong key of Gemini", () => {
  const wrong = "wrong-gemini-key";

  it("has the service's own message, without the key", async () => {
    await using gemini = geminiEmbedding({ ...given, apiKey: wrong });
    const error = await failure(gemini.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({
      message: "Gemini responded with 400: API key not valid. Please pass a valid API key.",
      status: 400,
      retryable: false,
    });
    const shown = inspect([error, gemini], { depth: 9, showHidden: true });
    expect(shown + JSON.stringify([error, gemini])).not.toContain(wrong);
  });

  it("is not looked for in the texts", async () => {
    await using gemini = geminiEmbedding({ ...given, apiKey: wrong });
    const texts = Array.from({ length: 100 }, (_, index) => `text ${index}`);
    const { failed } = await gemini.getTextEmbeddingBatch(texts, { settle: true });
    expect(failed).toHaveLength(100);
    expect(server.requests).toHaveLength(1);
  });
});

describe("a quota of Gemini", () => {
  const refuse = service.refuse;
  const planned = ({ status, body }: FakeReply) => ({ kind: "otherShape", status, body }) as const;
  const ofDay = {
    error: {
      code: 429,
      message: "You exceeded your current quota, please check your plan and billing details.",
      status: "RESOURCE_EXHAUSTED",
      details: [
        {
          "@type": "type.googleapis.com/google.rpc.QuotaFailure",
          violations: [
            { quotaId: "EmbedContentRequestsPerMinutePerUserPerProjectPerModel-FreeTier" },
            { quotaId: "EmbedContentRequestsPerDayPerUserPerProjectPerModel-FreeTier" },
          ],
        },
        { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "12s" },
      ],
    },
  };

  it("of a minute is awaited as long as the body of the refusal says", async () => {
    const waits: unknown[] = [];
    const retry = {
      onRetry: (error: unknown, { refused, wait }: { refused: boolean; wait: number }) => {
        const { retryAfter, limitInterval } = error as RateLimitError;
        waits.push({ refused, retryAfter, limitInterval, isLongEnough: wait >= 30 });
      },
    };
    await using gemini = geminiEmbedding({ ...given, retry });
    server.plan(planned(refuse(429, "Please retry in 0.04s.", 40)));
    expect(await gemini.getTextEmbedding("a")).toEqual(fakeVector("a", 3072));
    expect(waits).toEqual([{ refused: true, retryAfter: 40, limitInterval: 60_000, isLongEnough: true }]);
    expect(server.requests).toHaveLength(2);
  });

  it("of a day is not awaited, whatever wait of a shorter limit the body states", async () => {
    await using gemini = geminiEmbedding(given);
    server.plan({ kind: "otherShape", status: 429, body: ofDay });
    const error = await failure(gemini.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({
      message: expect.stringContaining("the quota of the day is used up") as string,
      retryable: false,
      limitInterval: 86_400_000,
    });
    expect(server.requests).toHaveLength(1);
  });
});

describe("a thousand texts", () => {
  it("are embedded once each, whatever goes wrong in between", async () => {
    const refuse = service.refuse;
    const { status, body } = refuse(429, "Please retry in 0.01s.", 10);
    server.plan(
      { kind: "status", status: 503 },
      { kind: "otherShape", status, body },
      { kind: "truncated" },
      { kind: "truncated", how: "json" },
      { kind: "reset" },
      { kind: "html", status: 502 },
      { kind: "missing" },
    );
    await using gemini = geminiEmbedding({ ...given, dimensions: 8, retry: { delay: 1, attempts: 9 } });
    const texts = Array.from({ length: 1000 }, (_, index) => `text ${index}`);
    const { embeddings } = await gemini.getTextEmbeddingBatch(texts);
    expect(embeddings).toEqual(texts.map((text) => fakeVector(text, 8)));
    expect(server.requests).toHaveLength(10 + 7);
  });
});

describe("an error of Gemini", () => {
  it.each([{}, [], 5, { embeddings: "none" }])(
    "is a response without a list of embeddings: %j",
    async (body) => {
      await using gemini = geminiEmbedding(given);
      server.plan({ kind: "otherShape", body });
      const error = await failure(gemini.getTextEmbedding("a"));
      expect(error).toBeInstanceOf(EmbeddingResponseError);
      expect(error).toMatchObject({ retryable: false });
      expect(server.requests).toHaveLength(1);
    },
  );

  it.each([[null], [{}], ["a"]])("is an item that is no embedding: %j", async (...embeddings) => {
    await using gemini = geminiEmbedding(given);
    server.plan({ kind: "otherShape", body: { embeddings } });
    const error = await failure(gemini.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(EmbeddingResponseError);
    expect(error).toMatchObject({ message: expect.stringContaining("is missing") as string });
  });

  it("is an unknown model", async () => {
    await using gemini = geminiEmbedding({ ...given, model: "gemini-embedding-3" });
    const error = await failure(gemini.getTextEmbedding("a"));
    expect(error).toMatchObject({ name: "NotFoundError", status: 404, retryable: false });
  });
});

describe("a model of Gemini", () => {
  it("declares its capabilities", async () => {
    await using gemini = geminiEmbedding({ ...given, model: "models/gemini-embedding-2" });
    expect(gemini).toMatchObject({
      provider: "Gemini",
      model: "gemini-embedding-2",
      dimensions: 3072,
      elementType: "float",
      limits: { inputs: 100, tokensPerInput: 8192 },
      capabilities: {
        inputTypes: ["document", "query", "classification", "clustering"],
        elementTypes: ["float"],
        wireFormats: ["json"],
        truncation: true,
      },
    });
  });

  it.each([
    [{ model: "" }, "model must be a string that is not empty"],
    [{ model: "models/" }, "model must be a string that is not empty"],
    [{ baseUrl: "nowhere" }, "baseUrl for Gemini must be an http or https URL"],
    [{ baseUrl: null }, "baseUrl for Gemini must be an http or https URL, not null"],
    [{ apiKey: "two words" }, "the API key for Gemini contains a line break, a space"],
    [{ tasks: "no" }, "tasks must be true or false"],
  ])("cannot be with the options %j", (wrong, message) => {
    const options = { ...given, ...wrong } as GeminiEmbeddingOptions;
    expect(() => geminiEmbedding(options)).toThrow(message);
  });
});

// Each test has its own server.
registerConformance(
  {
    name: "Gemini",
    service: fakeGemini(),
    inputTypeOf({ body }) {
      const [text = ""] = textsOf(body as Sent);
      if (text.startsWith("title: none | text: ")) return "document";
      const task = /^task: (.*?) \| query: /.exec(text)?.[1];
      return task === "search result"
        ? "query"
        : task === "classification" || task === "clustering"
          ? task
          : undefined;
    },
    create: (options) => geminiEmbedding({ dimensions: 128, ...options }),
  },
  { describe, it: it.concurrent },
);

// With vectors that the provider normalises.
registerConformance(
  {
    name: first,
    service: fakeGemini({ model: first }),
    // The service cuts longer texts silently.
    unenforced: ["tokensPerInput"],
    create: (options) => geminiEmbedding({ dimensions: 128, ...options, model: first }),
  },
  { describe, it: it.concurrent },
);
