import { inspect } from "node:util";
import { EmbeddingResponseError } from "@llx/embeddings";
import {
  type EmbeddingServer,
  fakeVector,
  registerConformance,
  startEmbeddingServer,
} from "@llx/embeddings/testing";
import { AuthenticationError, RateLimitError } from "@llx/http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeOpenai } from "./fake-openai.ts";
import { openaiEmbedding, type OpenaiEmbeddingOptions } from "./index.ts";

const service = fakeOpenai({ apiKey: "secret-openai-key" });
const { apiKey } = service;
const model = "text-embedding-3-small";

let server: EmbeddingServer;
let given: OpenaiEmbeddingOptions;

beforeEach(async () => {
  server = await startEmbeddingServer(service);
  given = { apiKey, baseUrl: `${server.url}/v1` };
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.aclose();
});

const host = (): string => new URL(server.url).host;
const bodies = (): unknown[] => server.requests.map(({ body }) => body);
const sizes = (): number[] =>
  (bodies() as { input: string[] }[]).map(({ input }) => input.length).toSorted((a, b) => a - b);
const failure = (work: Promise<unknown>): Promise<unknown> => work.then(undefined, (error: unknown) => error);

describe("a request to OpenAI", () => {
  it("has up to 2,048 texts", async () => {
    await using embedder = openaiEmbedding({ ...given, dimensions: 4 });
    const texts = Array.from({ length: 2050 }, (_, index) => `text ${index + 1000}`);
    const { embeddings, usage, model: served } = await embedder.getTextEmbeddingBatch(texts);
    expect(embeddings).toEqual(texts.map((text) => fakeVector(text, 4)));
    // Of 9 characters each.
    expect(usage).toMatchObject({ inputTokens: 6150, totalTokens: 6150 });
    expect(served).toBe(model);
    expect(sizes()).toEqual([2, 2048]);
  });

  it("has up to 300,000 tokens, estimated as one per three bytes", async () => {
    await using embedder = openaiEmbedding({ ...given, dimensions: 4 });
    const texts = Array.from({ length: 20 }, (_, index) => `${index + 10}`.padEnd(24_000, "x"));
    await embedder.getTextEmbeddingBatch([...texts, ...texts.map((text) => text.toUpperCase())]);
    // Of 8,000 tokens each: 37 of them have 296,000.
    expect(sizes()).toEqual([3, 37]);
  });

  it("keeps the lower limits of another server", async () => {
    await using embedder = openaiEmbedding({ ...given, dimensions: 4, limits: { inputs: 2 } });
    await embedder.getTextEmbeddingBatch(["a", "b", "c"]);
    expect(sizes()).toEqual([1, 2]);
  });

  it("has the default fields only", async () => {
    await using embedder = openaiEmbedding({ ...given, headers: { "x-team": "search" } });
    await embedder.getTextEmbedding("a text");
    const [request] = server.requests;
    expect(request).toMatchObject({ method: "POST", path: "/v1/embeddings" });
    expect(request!.headers).toMatchObject({ authorization: `Bearer ${apiKey}`, "x-team": "search" });
    expect(request!.body).toEqual({ model, input: ["a text"] });
  });

  it.each(["json", "base64"] as const)("requests dimensions over %s", async (encoding) => {
    await using embedder = openaiEmbedding({ ...given, dimensions: 16, encoding });
    expect(await embedder.getQueryEmbedding("a")).toEqual(fakeVector("a", 16));
    const format = encoding === "base64" ? { encoding_format: "base64" } : {};
    expect(bodies()).toEqual([{ model, input: ["a"], dimensions: 16, ...format }]);
  });

  it("goes to the address in the environment", async () => {
    vi.stubEnv("OPENAI_API_KEY", apiKey);
    vi.stubEnv("OPENAI_BASE_URL", `${server.url}/v1/`);
    await using embedder = openaiEmbedding();
    await embedder.getTextEmbedding("a");
    expect(server.requests).toHaveLength(1);
    vi.stubEnv("OPENAI_API_KEY", " ");
    expect(() => openaiEmbedding()).toThrow(
      `no API key for ${host()}: set OPENAI_API_KEY, or give the option apiKey`,
    );
  });
});

describe("an account of OpenAI", () => {
  it("is named in headers, from the options or the environment", async () => {
    vi.stubEnv("OPENAI_ORG_ID", "org-env");
    vi.stubEnv("OPENAI_PROJECT_ID", "project-env");
    await using ofEnvironment = openaiEmbedding(given);
    await ofEnvironment.getTextEmbedding("a");
    await using ofOptions = openaiEmbedding({ ...given, organization: "org-a", project: "project-a" });
    await ofOptions.getTextEmbedding("a");
    const [first, second] = server.requests.map(({ headers }) => headers);
    expect(first).toMatchObject({ "openai-organization": "org-env", "openai-project": "project-env" });
    expect(second).toMatchObject({ "openai-organization": "org-a", "openai-project": "project-a" });
  });

  it("is not named by default", async () => {
    vi.stubEnv("OPENAI_ORG_ID", " ");
    vi.stubEnv("OPENAI_PROJECT_ID", undefined);
    await using embedder = openaiEmbedding(given);
    await embedder.getTextEmbedding("a");
    const names = Object.keys(server.requests[0]!.headers);
    expect(names.filter((name) => name.startsWith("openai-"))).toEqual([]);
    expect(names).toContain("authorization");
  });
});

/** A dispatcher that records requests, and sends nothing. */
function recorder() {
  const asked: { origin: string; path: string; headers: Record<string, string>; body: string }[] = [];
  const dispatcher = {
    request(request: (typeof asked)[number]) {
      asked.push(request);
      return Promise.reject(new Error("no network"));
    },
  } as unknown as NonNullable<OpenaiEmbeddingOptions["dispatcher"]>;
  return { asked, dispatcher };
}

describe("OpenAI's own address", () => {
  it.each([undefined, "https://eu.api.openai.com/v1"])("is requested in base64: %s", async (baseUrl) => {
    vi.stubEnv("OPENAI_BASE_URL", undefined);
    const { asked, dispatcher } = recorder();
    await using embedder = openaiEmbedding({ apiKey, baseUrl, dispatcher, retry: { attempts: 1 } });
    await expect(embedder.getTextEmbedding("a")).rejects.toThrow("no connection to OpenAI at");
    const [{ origin, path, body }] = asked as [(typeof asked)[0]];
    expect([origin, path]).toEqual([new URL(baseUrl ?? "https://api.openai.com").origin, "/v1/embeddings"]);
    expect(JSON.parse(body)).toEqual({ model, input: ["a"], encoding_format: "base64" });
  });
});

describe("a deployment of Azure", () => {
  const address = "https://x.openai.azure.com/openai/deployments/d?api-version=2024-02-01";

  it("has its path before its query, with the key in its own header", async () => {
    const { asked, dispatcher } = recorder();
    const options = { apiKey, baseUrl: address, dispatcher, retry: { attempts: 1 } };
    await using embedder = openaiEmbedding(options);
    expect(embedder).toMatchObject({ provider: "x.openai.azure.com", dimensions: undefined });
    await expect(embedder.getTextEmbedding("a")).rejects.toThrow("no network");
    const [{ path, headers }] = asked as [(typeof asked)[0]];
    expect(path).toBe("/openai/deployments/d/embeddings?api-version=2024-02-01");
    expect(headers["api-key"]).toBe(apiKey);
    expect(headers).not.toHaveProperty("authorization");
  });

  it("has Bearer at its newer address, like others", async () => {
    const { asked, dispatcher } = recorder();
    const baseUrl = "https://x.openai.azure.com/openai/v1/";
    await using embedder = openaiEmbedding({ apiKey, baseUrl, dispatcher, retry: { attempts: 1 } });
    await expect(embedder.getTextEmbedding("a")).rejects.toThrow("no network");
    const [{ path, headers }] = asked as [(typeof asked)[0]];
    expect(path).toBe("/openai/v1/embeddings");
    expect(headers["authorization"]).toBe(`Bearer ${apiKey}`);
    expect(headers).not.toHaveProperty("api-key");
  });
});

describe("Azure's keys and tokens", () => {
  const baseUrl = "https://x.openai.azure.com/openai/v1";
  const sent = async (options: OpenaiEmbeddingOptions): Promise<string | undefined> => {
    const { asked, dispatcher } = recorder();
    await using embedder = openaiEmbedding({ ...options, dispatcher, retry: { attempts: 1 } });
    await expect(embedder.getTextEmbedding("a")).rejects.toThrow("no network");
    return asked[0]!.headers["authorization"];
  };

  it("have a variable of their own, which other servers never get", async () => {
    vi.stubEnv("OPENAI_API_KEY", "key-of-openai");
    expect(await sent({ baseUrl })).toBe("Bearer key-of-openai");
    vi.stubEnv("AZURE_OPENAI_API_KEY", "key-of-azure");
    expect(await sent({ baseUrl })).toBe("Bearer key-of-azure");
    expect(await sent({})).toBe("Bearer key-of-openai");
  });

  it("may come from a function, for each request anew", async () => {
    let tokens = 0;
    const renewed = async (): Promise<string> => (++tokens === 1 ? "expired-token-of-entra" : apiKey);
    await using embedder = openaiEmbedding({ ...given, apiKey: renewed });
    const error = await failure(embedder.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("expired-token-of-entra");
    expect(await embedder.getTextEmbedding("a")).toEqual(fakeVector("a", 1536));
    expect(tokens).toBe(2);
  });

  it("are asked for within an attempt, whose failure is the function's", async () => {
    const offline = new Error("the identity service does not respond");
    const failing = (): Promise<string> => Promise.reject(offline);
    await using embedder = openaiEmbedding({ ...given, apiKey: failing, retry: { attempts: 1 } });
    expect(await failure(embedder.getTextEmbedding("a"))).toBe(offline);
    await using empty = openaiEmbedding({ ...given, apiKey: () => "", retry: { attempts: 1 } });
    await expect(empty.getTextEmbedding("a")).rejects.toThrow("is empty");
    expect(server.requests).toEqual([]);
  });

  it("stay out of a deployment's header for keys", async () => {
    const address = "https://x.openai.azure.com/openai/deployments/d?api-version=2024-02-01";
    expect(await sent({ baseUrl: address, apiKey: () => "token-of-entra" })).toBe("Bearer token-of-entra");
  });
});

describe("another server", () => {
  it("is named by its host in messages, or by the given name", async () => {
    await using unnamed = openaiEmbedding(given);
    await using named = openaiEmbedding({ ...given, provider: "vLLM" });
    expect([unnamed.provider, named.provider]).toEqual([host(), "vLLM"]);
    for (const embedder of [unnamed, named]) {
      server.plan({ kind: "status", status: 400, message: "not this" });
      // oxlint-disable-next-line no-await-in-loop -- one after another
      const error = await failure(embedder.getTextEmbedding("a"));
      expect(error).toMatchObject({ message: `${embedder.provider} responded with 400: not this` });
    }
    expect(() => openaiEmbedding({ ...given, provider: "" })).toThrow("provider must be");
  });

  it("has its name and its address in cache keys", async () => {
    const cache = new Map<string, unknown>();
    await using first = openaiEmbedding({ ...given, cache });
    await using alike = openaiEmbedding({ ...given, cache, baseUrl: `${given.baseUrl}/embeddings/` });
    await using renamed = openaiEmbedding({ ...given, cache, provider: "vLLM" });
    await first.getTextEmbedding("a");
    await alike.getTextEmbedding("a");
    expect(server.requests).toHaveLength(1);
    await renamed.getTextEmbedding("a");
    expect(server.requests).toHaveLength(2);
  });

  it("may have models with OpenAI's names, but other dimensions and longer texts", async () => {
    await using embedder = openaiEmbedding(given);
    expect(embedder).toMatchObject({
      dimensions: undefined,
      limits: { inputs: 2048, tokens: 300_000 },
    });
    expect(embedder.limits).not.toHaveProperty("tokensPerInput");
  });
});

describe("an error of OpenAI", () => {
  it("has the service's own message, without the key", async () => {
    const wrong = "wrong-openai-key";
    await using embedder = openaiEmbedding({ ...given, apiKey: wrong });
    const error = await failure(embedder.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ message: `${host()} responded with 401: the API key is not valid` });
    const shown = inspect([error, embedder], { depth: 9, showHidden: true });
    expect(shown + JSON.stringify([error, embedder])).not.toContain(wrong);
  });

  it("of a rate limit contains what the service reported", async () => {
    await using embedder = openaiEmbedding({ ...given, retry: { attempts: 1 } });
    const headers = {
      "x-ratelimit-limit-tokens": "1000000",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "6m0s",
    };
    server.plan({ kind: "status", status: 429, headers, message: "Rate limit reached" });
    const error = await failure(embedder.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({
      message: `${host()} responded with 429: Rate limit reached`,
      retryAfter: 360_000,
      rateLimits: { tokens: { limit: 1_000_000, remaining: 0, reset: 360_000 } },
    });
  });

  it.each([{}, [], 5, { data: "none" }])("is a response without a list of embeddings: %j", async (body) => {
    await using embedder = openaiEmbedding(given);
    server.plan({ kind: "otherShape", body });
    const error = await failure(embedder.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(EmbeddingResponseError);
    expect(error).toMatchObject({ retryable: false });
    expect(server.requests).toHaveLength(1);
  });
});

describe("a model of OpenAI", () => {
  const own = { apiKey, baseUrl: "https://api.openai.com/v1" };

  it("declares its capabilities", async () => {
    await using embedder = openaiEmbedding(own);
    expect(embedder).toMatchObject({
      provider: "OpenAI",
      model,
      dimensions: 1536,
      elementType: "float",
      limits: { inputs: 2048, tokensPerInput: 8192, tokens: 300_000 },
      capabilities: {
        inputTypes: [],
        elementTypes: ["float"],
        wireFormats: ["json", "base64"],
        truncation: false,
      },
    });
  });

  it.each([
    ["text-embedding-3-small", 1536],
    ["text-embedding-3-large", 3072],
    ["text-embedding-ada-002", 1536],
    ["a-model-of-tomorrow", undefined],
    ["constructor", undefined],
  ])("%s has %s dimensions", async (known, dimensions) => {
    await using embedder = openaiEmbedding({ ...own, model: known });
    expect(embedder.dimensions).toBe(dimensions);
  });

  it("has only the dimensions that can be chosen", () => {
    expect(() => openaiEmbedding({ ...own, dimensions: 1537 })).toThrow(
      new RangeError("dimensions must be at most 1536 for text-embedding-3-small, not 1537"),
    );
    expect(() => openaiEmbedding({ ...own, model: "text-embedding-ada-002", dimensions: 256 })).toThrow(
      new TypeError("text-embedding-ada-002 always has 1536 dimensions; omit the option dimensions"),
    );
    expect(openaiEmbedding({ ...own, dimensions: 256 }).dimensions).toBe(256);
    const { capabilities } = openaiEmbedding({ ...own, model: "text-embedding-ada-002" });
    expect(capabilities).toMatchObject({ dimensions: [1536] });
    expect(capabilities.maxDimensions).toBeUndefined();
  });

  it("of another name has the dimensions of its first response", async () => {
    await using other = await startEmbeddingServer(fakeOpenai({ apiKey, model: "other", dimensions: 8 }));
    const options = { ...given, baseUrl: `${other.url}/v1`, model: "other" };
    await using embedder = openaiEmbedding(options);
    expect(embedder.dimensions).toBeUndefined();
    expect(await embedder.getTextEmbedding("a")).toEqual(fakeVector("a", 8));
  });

  it.each([
    [{ encoding: "raw" }, 'encoding must be "json" or "base64", not "raw"'],
    [{ encoding: "sk-proj-a-key" }, /^encoding must be "json" or "base64", not "sk-proj"$/],
    [{ dimensions: 0 }, "dimensions must be"],
    [{ baseUrl: "nowhere" }, "baseUrl for OpenAI must be an http or https URL"],
    [{ baseUrl: null }, "baseUrl for OpenAI must be an http or https URL, not null"],
    [{ baseUrl: "https://a.example/v1#x" }, "baseUrl for OpenAI must not contain a fragment"],
  ])("cannot be with the options %j", (wrong, message) => {
    const options = { ...given, ...wrong } as OpenaiEmbeddingOptions;
    expect(() => openaiEmbedding(options)).toThrow(message);
  });
});

for (const encoding of ["json", "base64"] as const) {
  // Each test has its own server.
  registerConformance(
    {
      name: `OpenAI over ${encoding}`,
      service: fakeOpenai(),
      requestIdHeader: "x-request-id",
      create: ({ baseUrl, limits, ...options }) =>
        openaiEmbedding({
          ...options,
          baseUrl: `${baseUrl}/v1`,
          encoding,
          dimensions: 16,
          // As at OpenAI's own address.
          limits: { tokensPerInput: 8192, ...limits },
        }),
    },
    { describe, it: it.concurrent },
  );
}
