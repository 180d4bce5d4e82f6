import { inspect } from "node:util";
import { EmbeddingResponseError, type InputType } from "@llx/embeddings";
import {
  type EmbeddingServer,
  fakeVectorOf,
  registerConformance,
  startEmbeddingServer,
} from "@llx/embeddings/testing";
import { AuthenticationError, BadRequestError, RateLimitError } from "@llx/http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeCohere } from "./fake-cohere.ts";
import { cohereEmbedding, type CohereEmbeddingOptions } from "./index.ts";

const service = fakeCohere({ apiKey: "secret-cohere-key" });
const { apiKey } = service;
const model = "embed-v4.0";
const english = "embed-english-v3.0";

let server: EmbeddingServer;
let given: CohereEmbeddingOptions;

beforeEach(async () => {
  server = await startEmbeddingServer(service);
  given = { apiKey, baseUrl: server.url };
});

afterEach(async () => {
  vi.useRealTimers();
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
const defaults = { model, embedding_types: ["float"], truncate: "NONE" };

describe("a request to Cohere", () => {
  it("has up to 96 texts", async () => {
    await using cohere = cohereEmbedding(given);
    const texts = Array.from({ length: 98 }, (_, index) => `text ${index + 100}`);
    const { embeddings, usage } = await cohere.getTextEmbeddingBatch(texts);
    expect(embeddings).toEqual(texts.map((text) => fakeVectorOf(text, "float", 1536)));
    // Of 8 characters each.
    expect(usage).toMatchObject({ inputTokens: 196 });
    const sent = bodies() as { texts: string[] }[];
    expect(sent.map(({ texts: each }) => each.length).toSorted((a, b) => a - b)).toEqual([2, 96]);
  });

  it("says that nothing may be cut, and has no other fields that it does not need", async () => {
    await using cohere = cohereEmbedding({ ...given, headers: { "x-team": "search" } });
    await cohere.getTextEmbedding("a text");
    const [request] = server.requests;
    expect(request).toMatchObject({ method: "POST", path: "/v2/embed" });
    expect(request!.headers).toMatchObject({ authorization: `Bearer ${apiKey}`, "x-team": "search" });
    expect(request!.body).toEqual({ ...defaults, texts: ["a text"], input_type: "search_document" });
  });

  it.each([...inputTypes])("sends %s for texts of the input type %s", async (sent, inputType) => {
    await using cohere = cohereEmbedding(given);
    await cohere.getTextEmbeddingBatch(["a"], { inputType });
    expect(bodies()).toEqual([{ ...defaults, texts: ["a"], input_type: sent }]);
  });

  it("for a query says so", async () => {
    await using cohere = cohereEmbedding(given);
    expect(await cohere.getQueryEmbedding("why?")).toEqual(fakeVectorOf("why?", "float", 1536));
    expect(bodies()).toEqual([{ ...defaults, texts: ["why?"], input_type: "search_query" }]);
  });

  it.each(["CO_API_KEY", "COHERE_API_KEY"])(
    "goes to the address in the environment, with %s",
    async (name) => {
      vi.stubEnv(name, apiKey);
      vi.stubEnv("CO_API_URL", `${server.url}/`);
      await using cohere = cohereEmbedding();
      await cohere.getTextEmbedding("a");
      expect(server.requests[0]).toMatchObject({ path: "/v2/embed" });
      vi.stubEnv(name, " ");
      expect(() => cohereEmbedding()).toThrow(
        "no API key for Cohere: set CO_API_KEY or COHERE_API_KEY, or give the option apiKey",
      );
    },
  );

  it("has the key of Cohere's own variable, if both are set", async () => {
    vi.stubEnv("CO_API_KEY", apiKey);
    vi.stubEnv("COHERE_API_KEY", "another-key");
    await using cohere = cohereEmbedding({ baseUrl: `${server.url}/v2` });
    await cohere.getTextEmbedding("a");
    expect(server.requests[0]).toMatchObject({
      path: "/v2/embed",
      headers: { authorization: `Bearer ${apiKey}` },
    });
  });
});

describe("a text that is too long for Cohere", () => {
  const long = "x".repeat(4 * 128_000 + 1);

  it("is refused by the service, unless cutting is allowed", async () => {
    await using cohere = cohereEmbedding(given);
    const error = await failure(cohere.getTextEmbedding(long));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({
      message: "Cohere responded with 400: texts[0] has more than 128000 tokens",
    });
    await using cutting = cohereEmbedding({ ...given, truncate: true });
    expect(await cutting.getTextEmbedding(long)).toEqual(fakeVectorOf(long, "float", 1536));
    expect(bodies()).toMatchObject([{ truncate: "NONE" }, { truncate: "END" }]);
  });

  it("is not sent, if its tokens are counted", async () => {
    await using cohere = cohereEmbedding({ ...given, model: english, countTokens: ({ length }) => length });
    await expect(cohere.getTextEmbedding("x".repeat(513))).rejects.toThrow(
      "the text has 513 tokens, and the provider takes at most 512",
    );
    expect(server.requests).toEqual([]);
  });

  it("may be repeated in a response, without making that one too long", async () => {
    await using cohere = cohereEmbedding({ ...given, dimensions: 256 });
    // 256 numbers have less than 10 kB; 1 MiB is allowed besides them.
    const texts = Array.from({ length: 4 }, (_, index) => `${index}${"é\n".repeat(250_000)}`);
    const { embeddings } = await cohere.getTextEmbeddingBatch(texts);
    expect(embeddings).toEqual(texts.map((text) => fakeVectorOf(text, "float", 256)));
  });
});

describe("the vectors of Cohere", () => {
  it.each([
    ["float", Float32Array, 1536],
    ["int8", Int8Array, 1536],
    ["uint8", Uint8Array, 1536],
    ["binary", Int8Array, 192],
    ["ubinary", Uint8Array, 192],
  ] as const)("are %s", async (elementType, type, length) => {
    await using cohere = cohereEmbedding({ ...given, elementType });
    const vector = await cohere.getTextEmbedding("a text");
    expect(vector).toBeInstanceOf(type);
    expect(vector).toHaveLength(length);
    expect(vector).toEqual(fakeVectorOf("a text", elementType, 1536));
    expect(bodies()).toMatchObject([{ embedding_types: [elementType] }]);
  });

  it.each([256, 512, 1024, 1536])("have %i dimensions, if the model offers them", async (dimensions) => {
    await using cohere = cohereEmbedding({ ...given, dimensions });
    expect(cohere.dimensions).toBe(dimensions);
    expect(await cohere.getTextEmbedding("a")).toEqual(fakeVectorOf("a", "float", dimensions));
    expect(bodies()).toMatchObject([{ output_dimension: dimensions }]);
  });

  it.each([
    ["embed-english-v3.0", 1024],
    ["embed-english-light-v3.0", 384],
    ["embed-multilingual-v3.0", 1024],
    ["embed-multilingual-light-v3.0", 384],
  ])("of %s have %i dimensions, and the request does not say so", async (name, dimensions) => {
    await using other = await startEmbeddingServer(fakeCohere({ apiKey, model: name, dimensions }));
    await using cohere = cohereEmbedding({ apiKey, baseUrl: other.url, model: name, dimensions });
    expect(cohere).toMatchObject({ dimensions, limits: { inputs: 96, tokensPerInput: 512 } });
    expect(cohere.capabilities.dimensions).toEqual([dimensions]);
    expect(await cohere.getTextEmbedding("a")).toHaveLength(dimensions);
    expect(other.requests[0]!.body).not.toHaveProperty("output_dimension");
  });

  const unknown = ["other", "constructor"];
  it.each(unknown)("of the unknown model %s are those of its first response, or asked for", async (name) => {
    await using other = await startEmbeddingServer(fakeCohere({ apiKey, model: name, dimensions: 8 }));
    const options = { apiKey, baseUrl: other.url, model: name };
    await using cohere = cohereEmbedding(options);
    expect(cohere.dimensions).toBeUndefined();
    expect(await cohere.getTextEmbedding("a")).toEqual(fakeVectorOf("a", "float", 8));
    await using short = cohereEmbedding({ ...options, dimensions: 4 });
    expect(await short.getTextEmbedding("a")).toEqual(fakeVectorOf("a", "float", 4));
  });
});

describe("an error of Cohere", () => {
  it("has the service's own message, without the key", async () => {
    const wrong = "wrong-cohere-key";
    await using cohere = cohereEmbedding({ ...given, apiKey: wrong });
    const error = await failure(cohere.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ message: "Cohere responded with 401: the API key is not valid" });
    const shown = inspect([error, cohere], { depth: 9, showHidden: true });
    expect(shown + JSON.stringify([error, cohere])).not.toContain(wrong);
  });

  // The words of https://docs.cohere.com/reference/errors, and for the month those of the service.
  const trial = (calls: string): string =>
    `You are using a Trial key, which is limited to ${calls}. You can continue to use the Trial key for free or ` +
    "upgrade to a Production key with higher rate limits at 'https://dashboard.cohere.com/api-keys'. Contact us on " +
    "'https://discord.gg/XW44jPfYJu' or email us at support@cohere.com with any questions";

  it("is not retried if the calls of a month are used up", async () => {
    await using cohere = cohereEmbedding(given);
    server.plan({ kind: "status", status: 429, message: trial("1000 API calls / month") });
    const error = await failure(cohere.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ retryable: false, refused: false });
    expect((error as Error).message).toContain("limited to 1000 API calls / month");
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    [trial("40 API calls / minute"), 60_000],
    ["trial token rate limit exceeded, limit is 100000 tokens per minute", 60_000],
    ["You are past the per minute request limit, please wait and try again later.", 60_000],
    ["Please wait and try again later", undefined],
  ])("is a refusal that passes: %s", async (message, limitInterval) => {
    await using cohere = cohereEmbedding({ ...given, retry: { attempts: 1 } });
    server.plan({ kind: "status", status: 429, message });
    const error = await failure(cohere.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ retryable: true, refused: true, limitInterval });
  });

  it.each([{}, [], 5, { embeddings: "none" }, { embeddings: { int8: [[1]] } }, { embeddings: [[1]] }])(
    "is a response without a list of embeddings: %j",
    async (body) => {
      await using cohere = cohereEmbedding(given);
      server.plan({ kind: "otherShape", body });
      const error = await failure(cohere.getTextEmbedding("a"));
      expect(error).toBeInstanceOf(EmbeddingResponseError);
      expect(error).toMatchObject({ retryable: false });
      expect(server.requests).toHaveLength(1);
    },
  );

  it.each([
    { meta: null },
    { meta: { billed_units: null } },
    { meta: { billed_units: { input_tokens: "2" } } },
  ])("is not a usage that says nothing: %j", async (more) => {
    await using cohere = cohereEmbedding(given);
    const float = [[...fakeVectorOf("a", "float", 1536)]];
    server.plan({ kind: "otherShape", body: { embeddings: { float }, ...more } });
    const { embeddings, usage } = await cohere.getTextEmbeddingBatch(["a"]);
    expect(embeddings).toEqual([fakeVectorOf("a", "float", 1536)]);
    expect(usage?.inputTokens).toBeUndefined();
  });
});

describe("a model of Cohere", () => {
  it("declares its capabilities", async () => {
    await using cohere = cohereEmbedding(given);
    expect(cohere).toMatchObject({
      provider: "Cohere",
      model,
      dimensions: 1536,
      elementType: "float",
      limits: { inputs: 96, tokensPerInput: 128_000 },
      capabilities: {
        dimensions: [1536, 1024, 512, 256],
        inputTypes: ["document", "query", "classification", "clustering"],
        elementTypes: ["float", "int8", "uint8", "binary", "ubinary"],
        wireFormats: ["json"],
        truncation: true,
      },
    });
  });

  it("starts no more than 2,000 texts in a minute", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    await using cohere = cohereEmbedding({ ...given, dimensions: 256, workers: 30 });
    const texts = Array.from({ length: 2100 }, (_, index) => `text ${index}`);
    const batch = cohere.getTextEmbeddingBatch(texts);
    // 20 · 96 = 1920.
    await server.until(() => server.requests.length === 20);
    // Each of the 30 workers has had the time to send.
    await vi.advanceTimersByTimeAsync(59_000);
    for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(server.requests).toHaveLength(20);
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await batch).embeddings).toHaveLength(2100);
    expect(server.requests).toHaveLength(22);
    const [first, last] = [server.requests[0]!, server.requests[20]!];
    expect(last.at - first.at).toBeGreaterThanOrEqual(60_000);
  });

  it.each([
    [{ model: "" }, "model must be a string that is not empty"],
    [{ baseUrl: "nowhere" }, "baseUrl for Cohere must be an http or https URL"],
    [{ baseUrl: null }, "baseUrl for Cohere must be an http or https URL, not null"],
    [{ apiKey: "two words" }, "the API key for Cohere contains a line break, a space"],
    [{ dimensions: 768 }, "dimensions of embed-v4.0 must be one of 1536, 1024, 512, 256, not 768"],
    [{ model: english, dimensions: 512 }, "dimensions of embed-english-v3.0 must be 1024, not 512"],
    [{ model: "other", dimensions: 0.5 }, "dimensions must be a whole number"],
    [{ elementType: "base64" }, "elementType must be one of float, int8, uint8, binary, ubinary"],
    [{ truncation: "START" }, "there is no option truncation"],
  ])("cannot be with the options %j", (wrong, message) => {
    const options = { ...given, ...wrong } as CohereEmbeddingOptions;
    expect(() => cohereEmbedding(options)).toThrow(message);
  });
});

// Each test has its own server. Few dimensions, as the tests fill whole requests.
for (const elementType of ["float", "int8", "uint8", "binary", "ubinary"] as const) {
  registerConformance(
    {
      name: elementType === "float" ? "Cohere" : `Cohere with ${elementType}`,
      service: fakeCohere({ model: "embed-english-light-v3.0", dimensions: 384 }),
      inputTypeOf: ({ body }) => inputTypes.get((body as { input_type?: unknown }).input_type),
      create: (options) => cohereEmbedding({ ...options, model: "embed-english-light-v3.0", elementType }),
    },
    { describe, it: it.concurrent },
  );
}
