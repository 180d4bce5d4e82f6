import { inspect, isDeepStrictEqual } from "node:util";
import { EmbeddingResponseError } from "@llx/embeddings";
import {
  type EmbeddingServer,
  fakeVector,
  registerConformance,
  startEmbeddingServer,
} from "@llx/embeddings/testing";
import { AuthenticationError, RateLimitError } from "@llx/http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeSampleProvider } from "./fake-sample-provider.ts";
import { sampleProviderEmbedding, type SampleProviderEmbeddingOptions } from "./index.ts";

// Fill in: in the tests below, the path, and what the service does otherwise than OpenAI.
const service = fakeSampleProvider({ apiKey: "secret-key-of-the-tests" });
const { apiKey } = service;
const model = "sample-embed";

let server: EmbeddingServer;
let given: SampleProviderEmbeddingOptions;

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

describe("a request to Sample Provider", () => {
  it("has up to 128 texts", async () => {
    await using embedder = sampleProviderEmbedding(given);
    const texts = Array.from({ length: 130 }, (_, index) => `text ${index + 100}`);
    const { embeddings, usage, model: served } = await embedder.getTextEmbeddingBatch(texts);
    const wrong = texts.filter((text, at) => !isDeepStrictEqual(embeddings[at], fakeVector(text, 1024)));
    expect(wrong).toEqual([]);
    // Of 8 characters each.
    expect(usage).toMatchObject({ inputTokens: 260, totalTokens: 260 });
    expect(served).toBe(model);
    const sent = bodies() as { input: string[] }[];
    expect(sent.map(({ input }) => input.length).toSorted((a, b) => a - b)).toEqual([2, 128]);
  });

  it("has the default fields only", async () => {
    await using embedder = sampleProviderEmbedding({ ...given, headers: { "x-team": "search" } });
    await embedder.getTextEmbedding("a text");
    const [request] = server.requests;
    expect(request).toMatchObject({ method: "POST", path: "/v1/embeddings" });
    expect(request!.headers).toMatchObject({ authorization: `Bearer ${apiKey}`, "x-team": "search" });
    expect(request!.body).toEqual({ model, input: ["a text"] });
  });

  it.each(["json", "base64"] as const)("requests dimensions over %s", async (encoding) => {
    await using embedder = sampleProviderEmbedding({ ...given, dimensions: 16, encoding });
    expect(await embedder.getQueryEmbedding("a")).toEqual(fakeVector("a", 16));
    const format = encoding === "base64" ? { encoding_format: "base64" } : {};
    expect(bodies()).toEqual([{ model, input: ["a"], dimensions: 16, ...format }]);
  });

  it("goes to the address in the environment", async () => {
    vi.stubEnv("SAMPLE_PROVIDER_API_KEY", apiKey);
    vi.stubEnv("SAMPLE_PROVIDER_BASE_URL", `${server.url}/v1/`);
    await using embedder = sampleProviderEmbedding();
    await embedder.getTextEmbedding("a");
    expect(server.requests).toHaveLength(1);
    vi.stubEnv("SAMPLE_PROVIDER_API_KEY", " ");
    expect(() => sampleProviderEmbedding()).toThrow(
      "no API key for Sample Provider: set SAMPLE_PROVIDER_API_KEY, or give the option apiKey",
    );
  });
});

describe("an error of Sample Provider", () => {
  it("has the service's own message, without the key", async () => {
    const wrong = "another-key-than-that";
    await using embedder = sampleProviderEmbedding({ ...given, apiKey: wrong });
    const error = await failure(embedder.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ message: "Sample Provider responded with 401: the API key is not valid" });
    const shown = inspect([error, embedder], { depth: 9, showHidden: true });
    expect(shown + JSON.stringify([error, embedder])).not.toContain(wrong);
  });

  it("of too many requests says how long to wait", async () => {
    await using embedder = sampleProviderEmbedding({ ...given, retry: { attempts: 1 } });
    server.plan({ kind: "status", status: 429, wait: 3_600_000 });
    const error = await failure(embedder.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ retryAfter: 3_600_000 });
  });

  it.each([{}, [], 5, { data: "none" }])("is a response without a list of embeddings: %j", async (body) => {
    await using embedder = sampleProviderEmbedding(given);
    server.plan({ kind: "otherShape", body });
    const error = await failure(embedder.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(EmbeddingResponseError);
    expect(error).toMatchObject({ retryable: false });
    expect(server.requests).toHaveLength(1);
  });
});

describe("a model of Sample Provider", () => {
  it("declares its capabilities", async () => {
    await using embedder = sampleProviderEmbedding(given);
    expect(embedder).toMatchObject({
      provider: "Sample Provider",
      model,
      dimensions: 1024,
      elementType: "float",
      limits: { inputs: 128, tokensPerInput: 8192 },
      capabilities: {
        inputTypes: [],
        elementTypes: ["float"],
        wireFormats: ["json", "base64"],
        truncation: false,
      },
    });
  });

  it("of another name has the dimensions of its first response", async () => {
    await using other = await startEmbeddingServer(
      fakeSampleProvider({ apiKey, model: "other", dimensions: 8 }),
    );
    const options = { ...given, baseUrl: `${other.url}/v1`, model: "other" };
    await using embedder = sampleProviderEmbedding(options);
    expect(embedder.dimensions).toBeUndefined();
    expect(await embedder.getTextEmbedding("a")).toEqual(fakeVector("a", 8));
  });

  it.each([
    [{ encoding: "raw" }, 'encoding must be "json" or "base64", not "raw"'],
    [{ dimensions: 0 }, "dimensions must be"],
    [{ baseUrl: "nowhere" }, "baseUrl for Sample Provider must be an http or https URL"],
    [{ baseUrl: null }, "baseUrl for Sample Provider must be an http or https URL, not null"],
  ])("cannot be with the options %j", (wrong, message) => {
    const options = { ...given, ...wrong } as SampleProviderEmbeddingOptions;
    expect(() => sampleProviderEmbedding(options)).toThrow(message);
  });
});

for (const encoding of ["json", "base64"] as const) {
  // Each test has its own server.
  registerConformance(
    {
      name: `Sample Provider over ${encoding}`,
      service: fakeSampleProvider(),
      // Fill in: the header with the id of a request, or remove the line.
      requestIdHeader: "x-request-id",
      create: (options) =>
        sampleProviderEmbedding({ ...options, baseUrl: `${options.baseUrl}/v1`, encoding, dimensions: 16 }),
    },
    { describe, it: it.concurrent },
  );
}
