import { inspect } from "node:util";
import { EmbeddingResponseError } from "@llx/embeddings";
import {
  type EmbeddingServer,
  fakeVector,
  fakeVectorOf,
  type PlannedFault,
  registerConformance,
  startEmbeddingServer,
} from "@llx/embeddings/testing";
import { AuthenticationError, BadRequestError, RateLimitError } from "@llx/http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeMistral } from "./fake-mistral.ts";
import { mistralEmbedding, type MistralEmbeddingOptions } from "./index.ts";

const service = fakeMistral({ apiKey: "secret-key-0123456789" });
const { apiKey } = service;
const model = "mistral-embed";
const codestral = { model: "codestral-embed", dimensions: 1536 };

let server: EmbeddingServer;
let given: MistralEmbeddingOptions;

beforeEach(async () => {
  server = await startEmbeddingServer(service);
  given = { apiKey, baseUrl: `${server.url}/v1` };
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.aclose();
});

const bodies = (): unknown[] => server.requests.map(({ body }) => body);
const failure = (work: Promise<unknown>): Promise<unknown> => work.then(undefined, (error: unknown) => error);

describe("a request to Mistral", () => {
  it("has up to 256 texts", async () => {
    await using mistral = mistralEmbedding(given);
    const texts = Array.from({ length: 258 }, (_, index) => `text ${index + 100}`);
    const { embeddings, usage } = await mistral.getTextEmbeddingBatch(texts);
    expect(embeddings).toEqual(texts.map((text) => fakeVector(text, 1024)));
    // Of 8 characters each.
    expect(usage).toMatchObject({ inputTokens: 516, totalTokens: 516 });
    const sent = bodies() as { input: string[] }[];
    expect(sent.map(({ input }) => input.length).toSorted((a, b) => a - b)).toEqual([2, 256]);
  });

  it("has at most 16,384 tokens, by estimate", async () => {
    await using mistral = mistralEmbedding(given);
    // Of 15,000 bytes: 5,000 tokens each by estimate, so that three fit.
    const texts = Array.from({ length: 5 }, (_, index) => String(index).repeat(15_000));
    await mistral.getTextEmbeddingBatch(texts);
    const sent = bodies() as { input: string[] }[];
    expect(sent.map(({ input }) => input.length).toSorted((a, b) => a - b)).toEqual([2, 3]);
  });

  it("has the default fields only", async () => {
    await using mistral = mistralEmbedding({ ...given, headers: { "x-team": "search" } });
    await mistral.getTextEmbedding("a text");
    const [request] = server.requests;
    expect(request).toMatchObject({ method: "POST", path: "/v1/embeddings" });
    expect(request!.headers).toMatchObject({ authorization: `Bearer ${apiKey}`, "x-team": "search" });
    expect(request!.body).toEqual({ model, input: ["a text"] });
  });

  it("has all fields that are asked for", async () => {
    await using other = await startEmbeddingServer(fakeMistral({ apiKey, ...codestral }));
    await using mistral = mistralEmbedding({
      apiKey,
      baseUrl: `${other.url}/v1`,
      model: codestral.model,
      dimensions: 3072,
      elementType: "ubinary",
      encoding: "base64",
    });
    expect(await mistral.getTextEmbedding("f()")).toEqual(fakeVectorOf("f()", "ubinary", 3072));
    expect(other.requests[0]!.body).toEqual({
      model: codestral.model,
      input: ["f()"],
      output_dimension: 3072,
      output_dtype: "ubinary",
      encoding_format: "base64",
    });
  });

  it("for a query is like any other", async () => {
    await using mistral = mistralEmbedding(given);
    expect(await mistral.getQueryEmbedding("why?")).toEqual(fakeVector("why?", 1024));
    expect(bodies()).toEqual([{ model, input: ["why?"] }]);
  });

  it("goes to the address in the environment", async () => {
    vi.stubEnv("MISTRAL_API_KEY", apiKey);
    vi.stubEnv("MISTRAL_BASE_URL", `${server.url}/v1/`);
    await using mistral = mistralEmbedding();
    await mistral.getTextEmbedding("a");
    expect(server.requests).toHaveLength(1);
    vi.stubEnv("MISTRAL_API_KEY", " ");
    expect(() => mistralEmbedding()).toThrow(
      "no API key for Mistral: set MISTRAL_API_KEY, or give the option apiKey",
    );
  });

  it("is not sent for a text that is too long by countTokens", async () => {
    const countTokens = (text: string): number => Math.ceil(text.length / 4);
    await using mistral = mistralEmbedding({ ...given, countTokens });
    await expect(mistral.getTextEmbeddingBatch(["a", "x".repeat(4 * 8190 + 1)])).rejects.toThrow(
      "texts[1] has 8191 tokens, and the provider takes at most 8190",
    );
    expect(server.requests).toEqual([]);
    await mistral.getTextEmbedding("x".repeat(4 * 8190));
  });
});

describe("the vectors of Mistral", () => {
  const kinds = [
    ["float", Float32Array, 1024],
    ["int8", Int8Array, 1024],
    ["uint8", Uint8Array, 1024],
    ["binary", Int8Array, 128],
    ["ubinary", Uint8Array, 128],
  ] as const;

  for (const encoding of ["json", "base64"] as const) {
    it.each(kinds)(`are %s over ${encoding}`, async (elementType, type, length) => {
      await using mistral = mistralEmbedding({ ...given, elementType, encoding });
      const vector = await mistral.getTextEmbedding("a text");
      expect(vector).toBeInstanceOf(type);
      expect(vector).toHaveLength(length);
      expect(vector).toEqual(fakeVectorOf("a text", elementType, 1024));
    });
  }

  it("are refused if base64 has the wrong number of bytes", async () => {
    await using mistral = mistralEmbedding({ ...given, encoding: "base64" });
    server.plan({ kind: "badBase64" });
    await expect(mistral.getTextEmbedding("a")).rejects.toThrow(
      "the embedding of the text has 4093 bytes of base64, not 4096",
    );
  });
});

describe("an error of Mistral", () => {
  it("has the service's own message, without the key", async () => {
    const wrong = "wrong-mistral-key";
    await using mistral = mistralEmbedding({ ...given, apiKey: wrong });
    const error = await failure(mistral.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ message: "Mistral responded with 401: the API key is not valid" });
    const shown = inspect([error, mistral], { depth: 9, showHidden: true });
    expect(shown + JSON.stringify([error, mistral])).not.toContain(wrong);
  });

  it("says which fields are wrong", async () => {
    await using mistral = mistralEmbedding({ ...given, model: "other" });
    const error = await failure(mistral.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ message: "Mistral responded with 422: model must be mistral-embed" });
  });

  it("says which field is wrong without the value, which may be a text", async () => {
    await using mistral = mistralEmbedding(given);
    // As the service words an unknown field, with a text as its value.
    const body = {
      object: "error",
      message: {
        detail: [
          {
            type: "extra_forbidden",
            loc: ["body", "seed"],
            msg: "Extra inputs are not permitted",
            input: "secret text",
          },
        ],
      },
      type: "invalid_request_error",
      param: null,
      code: null,
      raw_status_code: 422,
    };
    server.plan({ kind: "otherShape", status: 422, body });
    await expect(mistral.getTextEmbedding("a")).rejects.toThrow(
      /^Mistral responded with 422: seed: Extra inputs are not permitted$/,
    );
  });

  it("of a rate limit contains the wait and the limits that the service reports", async () => {
    await using mistral = mistralEmbedding({ ...given, retry: { attempts: 1 } });
    const headers = {
      "retry-after": "7",
      "x-ratelimit-limit-req-minute": "60",
      "x-ratelimit-remaining-req-minute": "0",
    };
    server.plan({ kind: "status", status: 429, headers, message: "Rate limit exceeded" });
    const error = await failure(mistral.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({
      message: "Mistral responded with 429: Rate limit exceeded",
      retryable: true,
      retryAfter: 7000,
      rateLimits: { requests: { limit: 60, remaining: 0 } },
    });
  });

  it("of too many tokens halves the request where failed texts are settled", async () => {
    await using mistral = mistralEmbedding(given);
    const message = "Too many tokens overall, split into more batches.";
    server.plan({ kind: "status", status: 400, message });
    const { embeddings, failed } = await mistral.getTextEmbeddingBatch(["a", "b"], { settle: true });
    expect(failed).toEqual([]);
    expect(embeddings).toEqual([fakeVector("a", 1024), fakeVector("b", 1024)]);
    expect(server.requests).toHaveLength(3);
  });

  it("of each kind that passes loses none of 1,000 texts", async () => {
    await using mistral = mistralEmbedding({
      ...given,
      limits: { inputs: 10 },
      retry: { attempts: 9, delay: 1, maxDelay: 1 },
    });
    // Mistral states the wait in seconds.
    const refusal = {
      kind: "status",
      status: 429,
      message: "Rate limit exceeded",
      headers: { "retry-after": "0.002" },
    } as const;
    const faults: readonly PlannedFault[] = [
      "none",
      { kind: "status", status: 503 },
      { kind: "truncated" },
      { kind: "truncated", how: "json" },
      { kind: "reset" },
      { kind: "reset", when: "body" },
      { kind: "html", status: 502 },
      { kind: "shuffled" },
      { kind: "noUsage" },
    ];
    server.plan(...Array.from({ length: 10 }, () => faults).flat(), refusal);
    const texts = Array.from({ length: 1000 }, (_, index) => `text ${index}`);
    const { embeddings, failed } = await mistral.getTextEmbeddingBatch(texts, { settle: true });
    expect(failed).toEqual([]);
    expect(embeddings).toEqual(texts.map((text) => fakeVector(text, 1024)));
    // 100, and one for each of the 6 faults of a round that fail a request, and for the refusal.
    expect(server.requests).toHaveLength(100 + 6 * 10 + 1);
  });

  it.each([{}, [], 5, { data: "none" }])("is a response without a list of embeddings: %j", async (body) => {
    await using mistral = mistralEmbedding(given);
    server.plan({ kind: "otherShape", body });
    const error = await failure(mistral.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(EmbeddingResponseError);
    expect(error).toMatchObject({ retryable: false });
    expect(server.requests).toHaveLength(1);
  });
});

describe("a model of Mistral", () => {
  it("declares its capabilities", async () => {
    await using mistral = mistralEmbedding(given);
    expect(mistral).toMatchObject({
      provider: "Mistral",
      model,
      dimensions: 1024,
      elementType: "float",
      limits: { inputs: 256, tokensPerInput: 8190, tokens: 16_384 },
      capabilities: {
        dimensions: [],
        inputTypes: [],
        elementTypes: ["float", "int8", "uint8", "binary", "ubinary"],
        wireFormats: ["json", "base64"],
        truncation: false,
      },
    });
    expect(() => mistralEmbedding({ ...given, truncate: true })).toThrow("Mistral does not cut texts");
  });

  it.each([
    ["mistral-embed-2312", undefined, 1024],
    ["codestral-embed", undefined, 1536],
    ["codestral-embed-2505", 256, 256],
    ["other", 77, 77],
    ["constructor", undefined, undefined],
  ])("%s with the dimensions %s has %s", async (name, dimensions, expected) => {
    await using mistral = mistralEmbedding({ ...given, model: name, dimensions });
    expect(mistral.dimensions).toBe(expected);
  });

  it("of another name has the dimensions of its first response", async () => {
    await using other = await startEmbeddingServer(fakeMistral({ apiKey, model: "other", dimensions: 8 }));
    const options = { ...given, baseUrl: `${other.url}/v1`, model: "other" };
    await using mistral = mistralEmbedding(options);
    expect(mistral.dimensions).toBeUndefined();
    expect(await mistral.getTextEmbedding("a")).toEqual(fakeVector("a", 8));
  });

  it.each([
    [{ model: "" }, "model must be a string that is not empty"],
    [{ baseUrl: "nowhere" }, "baseUrl for Mistral must be an http or https URL"],
    [{ baseUrl: null }, "baseUrl for Mistral must be an http or https URL, not null"],
    [{ dimensions: 512 }, "mistral-embed always has 1024 dimensions; omit the option dimensions"],
    [
      { model: "codestral-embed", dimensions: 3073 },
      "dimensions must be at most 3072 for codestral-embed, not 3073",
    ],
    [{ model: "codestral-embed", dimensions: 0 }, "dimensions must be"],
    [
      { elementType: "float16" },
      'elementType must be one of float, int8, uint8, binary, ubinary, not "float16"',
    ],
    [{ encoding: "raw" }, 'encoding must be "json" or "base64", not "raw"'],
  ])("cannot be with the options %j", (wrong, message) => {
    const options = { ...given, ...wrong } as MistralEmbeddingOptions;
    expect(() => mistralEmbedding(options)).toThrow(message);
  });
});

// Each test has its own server.
registerConformance(
  {
    name: "Mistral",
    service: fakeMistral(),
    requestIdHeader: "x-request-id",
    create: ({ baseUrl, ...options }) => mistralEmbedding({ ...options, baseUrl: `${baseUrl}/v1` }),
  },
  { describe, it: it.concurrent },
);
registerConformance(
  {
    name: "Mistral over base64",
    service: fakeMistral(),
    requestIdHeader: "x-request-id",
    create: ({ baseUrl, ...options }) =>
      mistralEmbedding({ ...options, baseUrl: `${baseUrl}/v1`, encoding: "base64" }),
  },
  { describe, it: it.concurrent },
);
registerConformance(
  {
    name: `Mistral, ${codestral.model} over base64`,
    service: fakeMistral(codestral),
    requestIdHeader: "x-request-id",
    create: ({ baseUrl, ...options }) =>
      mistralEmbedding({
        ...options,
        baseUrl: `${baseUrl}/v1`,
        model: codestral.model,
        encoding: "base64",
      }),
  },
  { describe, it: it.concurrent },
);
for (const elementType of ["float", "int8", "uint8", "binary", "ubinary"] as const) {
  registerConformance(
    {
      name: `Mistral, ${codestral.model} with ${elementType}`,
      service: fakeMistral(codestral),
      requestIdHeader: "x-request-id",
      create: ({ baseUrl, ...options }) =>
        mistralEmbedding({ ...options, baseUrl: `${baseUrl}/v1`, model: codestral.model, elementType }),
    },
    { describe, it: it.concurrent },
  );
}
