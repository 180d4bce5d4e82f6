import { inspect } from "node:util";
import { EmbeddingResponseError, type InputType } from "@llx/embeddings";
import {
  type EmbeddingServer,
  fakeVectorOf,
  registerConformance,
  startEmbeddingServer,
} from "@llx/embeddings/testing";
import { AuthenticationError, RateLimitError, ServerError } from "@llx/http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeHeroku } from "./fake-heroku.ts";
import { herokuEmbedding, type HerokuEmbeddingOptions } from "./index.ts";

const service = fakeHeroku({ apiKey: "inf-00000000-secret" });
const { apiKey } = service;
const model = "cohere-embed-multilingual";

let server: EmbeddingServer;
let given: HerokuEmbeddingOptions;

beforeEach(async () => {
  server = await startEmbeddingServer(service);
  given = { apiKey, baseUrl: server.url };
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.aclose();
});

const inputTypes = new Map<unknown, InputType>([
  ["search_document", "document"],
  ["search_query", "query"],
  ["classification", "classification"],
  ["clustering", "clustering"],
]);

const bodies = (): unknown[] => server.requests.map(({ body }) => body);
const failure = (work: Promise<unknown>): Promise<unknown> => work.then(undefined, (error: unknown) => error);

describe("a request to Heroku", () => {
  it("has up to 96 texts, as documents", async () => {
    await using heroku = herokuEmbedding(given);
    const texts = Array.from({ length: 100 }, (_, index) => `text ${"x".repeat(index)}`);
    const { embeddings, usage, model: served } = await heroku.getTextEmbeddingBatch(texts);
    expect(embeddings).toEqual(texts.map((text) => fakeVectorOf(text, "float", 1024)));
    // Of 5 to 104 characters: four texts of 2 tokens, four of 3, and so on to 26.
    expect(usage).toMatchObject({ inputTokens: 1400, totalTokens: 1400 });
    expect(served).toBe(model);
    const sent = bodies() as { input: string[] }[];
    expect(sent.map(({ input }) => input.length).toSorted((a, b) => a - b)).toEqual([4, 96]);
  });

  it("has the default fields only", async () => {
    await using heroku = herokuEmbedding(given);
    await heroku.getTextEmbedding("a text");
    const [request] = server.requests;
    expect(request).toMatchObject({ method: "POST", path: "/v1/embeddings" });
    expect(request!.headers).toMatchObject({ authorization: `Bearer ${apiKey}` });
    expect(request!.body).toEqual({ model, input: ["a text"], input_type: "search_document" });
  });

  it.each([...inputTypes])("sends %s for texts of the input type %s", async (sent, inputType) => {
    await using heroku = herokuEmbedding(given);
    await heroku.getTextEmbeddingBatch(["a"], { inputType });
    expect(bodies()).toEqual([{ model, input: ["a"], input_type: sent }]);
  });

  it("for a query has the input type query", async () => {
    await using heroku = herokuEmbedding(given);
    await heroku.getQueryEmbedding("why?");
    expect(bodies()).toEqual([{ model, input: ["why?"], input_type: "search_query" }]);
  });

  it("has the caller's headers too, but the model's key", async () => {
    await using heroku = herokuEmbedding({ ...given, headers: { "x-team": "search" } });
    await heroku.getTextEmbedding("a");
    expect(server.requests[0]!.headers).toMatchObject({
      "x-team": "search",
      authorization: `Bearer ${apiKey}`,
    });
  });

  it("goes to the address and the model in the environment", async () => {
    vi.stubEnv("EMBEDDING_KEY", apiKey);
    vi.stubEnv("EMBEDDING_URL", `${server.url}/`);
    vi.stubEnv("EMBEDDING_MODEL_ID", "cohere-embed-v4");
    await using heroku = herokuEmbedding({ retry: { attempts: 1 } });
    expect(heroku).toMatchObject({ model: "cohere-embed-v4", dimensions: undefined });
    await expect(heroku.getTextEmbedding("a")).rejects.toThrow(
      "Heroku responded with 400: model must be cohere-embed-multilingual",
    );
  });

  it("is not sent for a text that is too long, whose index is named", async () => {
    await using heroku = herokuEmbedding(given);
    await expect(heroku.getTextEmbeddingBatch(["a", "x".repeat(2049)])).rejects.toThrow(
      "texts[1] has 2049 characters, and the provider takes at most 2048",
    );
    expect(server.requests).toEqual([]);
    await heroku.getTextEmbedding("x".repeat(2048));
  });
});

describe("the limits of a request to Heroku", () => {
  const v4 = { model: "cohere-embed-v4", dimensions: 1536 };
  const long = "x".repeat(3000);

  it("depend on the model: an undocumented one accepts texts of any length", async () => {
    await using other = await startEmbeddingServer(fakeHeroku({ apiKey, ...v4 }));
    await using heroku = herokuEmbedding({ apiKey, baseUrl: other.url, model: v4.model });
    expect(heroku.limits).toEqual({ inputs: 96 });
    expect(await heroku.getTextEmbedding(long)).toEqual(fakeVectorOf(long, "float", 1536));
  });

  it("are those of the option", async () => {
    const limits = { inputs: 2, charactersPerInput: 10 };
    await using heroku = herokuEmbedding({ ...given, limits });
    expect(heroku.limits).toEqual(limits);
    await expect(heroku.getTextEmbedding(long)).rejects.toThrow("the provider takes at most 10");
    await heroku.getTextEmbeddingBatch(["a", "b", "c"]);
    expect(server.requests).toHaveLength(2);
    expect(() => herokuEmbedding({ ...given, limits: { inputs: 0 } })).toThrow(RangeError);
  });

  it("include no dimensions, which the service does not support", () => {
    const options = { ...given, model: v4.model, dimensions: 512 };
    expect(() => herokuEmbedding(options)).toThrow(
      new TypeError(
        "there is no option dimensions; there are apiKey, baseUrl, model, elementType, encoding, headers, dispatcher, " +
          "proxy, workers, retry, rate, limits, timeout, maxBytes, truncate, allowZero, ownMemory, countTokens, budget, cache, " +
          "callbackManager",
      ),
    );
  });
});

describe("the vectors of Heroku", () => {
  const kinds = [
    ["float", Float32Array, 1024],
    ["int8", Int8Array, 1024],
    ["uint8", Uint8Array, 1024],
    ["binary", Int8Array, 128],
    ["ubinary", Uint8Array, 128],
  ] as const;

  for (const encoding of ["json", "base64"] as const) {
    it.each(kinds)(`are %s over ${encoding}`, async (elementType, type, length) => {
      await using heroku = herokuEmbedding({ ...given, elementType, encoding });
      const vector = await heroku.getTextEmbedding("a text");
      expect(vector).toBeInstanceOf(type);
      expect(vector).toHaveLength(length);
      expect(vector).toEqual(fakeVectorOf("a text", elementType, 1024));
      expect(heroku).toMatchObject({ elementType, dimensions: 1024 });
      const asked = server.requests[0]!.body as Record<string, unknown>;
      expect(asked["embedding_type"]).toBe(elementType === "float" ? undefined : elementType);
      expect(asked["encoding_format"]).toBe(encoding === "json" ? undefined : "base64");
    });
  }

  it("are read in either encoding, whichever was requested", async () => {
    await using heroku = herokuEmbedding({ ...given, encoding: "base64" });
    server.plan({ kind: "notBase64" });
    expect(await heroku.getTextEmbedding("a")).toEqual(fakeVectorOf("a", "float", 1024));
  });

  it("are refused if base64 has the wrong number of bytes", async () => {
    await using heroku = herokuEmbedding({ ...given, encoding: "base64" });
    server.plan({ kind: "badBase64" });
    await expect(heroku.getTextEmbedding("a")).rejects.toThrow(
      "the embedding of the text has 4093 bytes of base64, not 4096",
    );
  });

  it.each([{ elementType: "float16" }, { encoding: "raw" }])("cannot be %j", (options) => {
    expect(() => herokuEmbedding({ ...given, ...(options as HerokuEmbeddingOptions) })).toThrow(
      /must be (one of float, int8, uint8, binary, ubinary|"json" or "base64"), not/,
    );
  });

  it.each(["cohere-embed-v4", "constructor"])(
    "of %s have the dimensions of the first response",
    async (name) => {
      await using other = await startEmbeddingServer(fakeHeroku({ apiKey, model: name, dimensions: 1536 }));
      await using heroku = herokuEmbedding({ apiKey, baseUrl: other.url, model: name });
      expect(await heroku.getTextEmbedding("a")).toHaveLength(1536);
      expect(heroku.dimensions).toBe(1536);
    },
  );
});

describe("an error of Heroku", () => {
  const wrong = "inf-wrong-secret";

  it("has the service's own message, without the key", async () => {
    await using heroku = herokuEmbedding({ ...given, apiKey: wrong });
    const error = await failure(heroku.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({
      message: "Heroku responded with 401: the API key is not valid",
      status: 401,
      attempt: 1,
      retryable: false,
    });
    expect(server.requests).toHaveLength(1);
    const shown = inspect([error, heroku], { depth: 9, showHidden: true }) + JSON.stringify([error, heroku]);
    expect(shown).not.toContain(wrong);
  });

  it("of a rate limit contains what the service reported", async () => {
    await using heroku = herokuEmbedding({ ...given, retry: { attempts: 1 } });
    const headers = {
      "x-ratelimit-limit-requests": "500",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "51s",
    };
    server.plan({ kind: "status", status: 429, headers, message: "too many requests" });
    const error = await failure(heroku.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({
      message: "Heroku responded with 429: too many requests",
      retryable: true,
      retryAfter: 51_000,
      rateLimits: { requests: { limit: 500, remaining: 0 } },
    });
  });

  it("of a gateway is read from its page", async () => {
    await using heroku = herokuEmbedding({ ...given, retry: { attempts: 1 } });
    server.plan({ kind: "html", status: 503 });
    const error = await failure(heroku.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(ServerError);
    expect(error).toMatchObject({
      message: "Heroku responded with 503: Bad gateway Bad gateway",
      retryable: true,
    });
  });

  it.each([{}, [], 5, { data: "none" }, { data: null }])(
    "is an answer without a list of embeddings: %j",
    async (body) => {
      await using heroku = herokuEmbedding(given);
      server.plan({ kind: "otherShape", body });
      const error = await failure(heroku.getTextEmbedding("a"));
      expect(error).toBeInstanceOf(EmbeddingResponseError);
      expect(error).toMatchObject({ retryable: false });
      expect(server.requests).toHaveLength(1);
    },
  );

  it.each([{}, null, { prompt_tokens: "many", total_tokens: -1 }])(
    "is not a usage that says nothing: %j",
    async (usage) => {
      await using heroku = herokuEmbedding(given);
      const data = [{ index: 0, embedding: [...fakeVectorOf("a", "float", 1024)] }];
      server.plan({ kind: "otherShape", body: { data, usage } });
      const batch = await heroku.getTextEmbeddingBatch(["a"]);
      expect(batch.usage?.inputTokens).toBeUndefined();
      expect(batch.usage?.totalTokens).toBeUndefined();
      expect(batch.model).toBeUndefined();
    },
  );
});

describe("a model of Heroku", () => {
  it("declares its capabilities", async () => {
    await using heroku = herokuEmbedding(given);
    expect(heroku).toMatchObject({
      provider: "Heroku",
      model,
      elementType: "float",
      dimensions: 1024,
      limits: { inputs: 96, charactersPerInput: 2048 },
      capabilities: {
        dimensions: [],
        inputTypes: ["document", "query", "classification", "clustering"],
        elementTypes: ["float", "int8", "uint8", "binary", "ubinary"],
        wireFormats: ["json", "base64"],
        truncation: false,
      },
    });
    expect(() => herokuEmbedding({ ...given, truncate: true })).toThrow("Heroku does not cut texts");
  });

  it("refuses an invalid address", () => {
    expect(() => herokuEmbedding({ apiKey, baseUrl: "nowhere" })).toThrow(/must be an http or https URL/);
    expect(() => herokuEmbedding({ apiKey, baseUrl: null as never })).toThrow(
      "baseUrl for Heroku must be an http or https URL, not null",
    );
  });
});

for (const encoding of ["json", "base64"] as const) {
  // Each test has its own server.
  registerConformance(
    {
      name: `Heroku over ${encoding}`,
      service: fakeHeroku(),
      requestIdHeader: "x-request-id",
      inputTypeOf: ({ body }) => inputTypes.get((body as { input_type?: unknown }).input_type),
      create: (options) => herokuEmbedding({ ...options, encoding }),
    },
    { describe, it: it.concurrent },
  );
}
