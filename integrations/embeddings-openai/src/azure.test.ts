import { Buffer } from "node:buffer";
import { Readable } from "node:stream";
import {
  type EmbeddingServer,
  type FakeReply,
  type FakeRequest,
  type FakeService,
  fakeVector,
  registerConformance,
  startEmbeddingServer,
} from "@llx/embeddings/testing";
import { BadRequestError, NotFoundError, RateLimitError } from "@llx/http";
import { AuthenticationError, AzureOpenAI, NotFoundError as TheirNotFoundError } from "openai";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeOpenai } from "./fake-openai.ts";
import { openaiEmbedding, type OpenaiEmbeddingOptions } from "./index.ts";

const apiKey = "fake-key-of-azure";
const apiVersion = "2024-10-21";
const query = `?api-version=${apiVersion}`;
const notFound =
  "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, " +
  "please wait a moment and try again.";

/** A resource of Azure with one deployment, `d`, at both forms of its address. */
function azure(): FakeService {
  const openai = fakeOpenai({ apiKey, model: "d", dimensions: 16 });
  const refuse = (status: number, message: string): FakeReply => ({
    status,
    body: { error: { code: String(status), message } },
  });
  return {
    ...openai,
    refuse,
    read(request: FakeRequest) {
      const { path, headers } = request;
      const body = request.body as Record<string, unknown>;
      const [, deployment] = /^\/openai\/deployments\/([^/]+)\/embeddings\?api-version=/.exec(path) ?? [];
      const isNew = path === "/openai/v1/embeddings";
      if (deployment === undefined && !isNew) return refuse(404, "Resource not found");
      if (
        headers["api-key"] !== apiKey &&
        (deployment !== undefined || headers["authorization"] === undefined)
      )
        return refuse(401, "Access denied due to invalid subscription key");
      if ((deployment ?? body["model"]) !== "d") {
        return { status: 404, body: { error: { code: "DeploymentNotFound", message: notFound } } };
      }
      const authorization = headers["authorization"] ?? `Bearer ${headers["api-key"]}`;
      return openai.read({
        ...request,
        path: "/v1/embeddings",
        headers: { ...headers, authorization },
        body: { ...body, model: "d" },
      });
    },
  };
}

let server: EmbeddingServer;
let given: OpenaiEmbeddingOptions;

beforeEach(async () => {
  vi.stubEnv("OPENAI_BASE_URL", undefined);
  server = await startEmbeddingServer(azure());
  given = { apiKey, baseUrl: `${server.url}/openai/deployments/d${query}`, provider: "Azure" };
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.aclose();
});

const failure = (work: Promise<unknown>): Promise<unknown> => work.then(undefined, (error: unknown) => error);

/** Requests that get no further than a dispatcher, as Azure's addresses are not on this machine. */
async function sentTo(options: OpenaiEmbeddingOptions) {
  const asked: { origin: string; path: string; headers: Record<string, string> }[] = [];
  const dispatcher = {
    request(request: (typeof asked)[number]) {
      asked.push(request);
      return Promise.reject(new Error("no network"));
    },
  } as unknown as NonNullable<OpenaiEmbeddingOptions["dispatcher"]>;
  await using embedder = openaiEmbedding({ apiKey, ...options, dispatcher, retry: { attempts: 1 } });
  await expect(embedder.getTextEmbedding("a")).rejects.toThrow("no network");
  const [{ origin, path, headers }] = asked as [(typeof asked)[0]];
  return { url: origin + path, headers };
}

describe("an address of Azure", () => {
  it.each([
    ["https://x.openai.azure.com", "https://x.openai.azure.com/openai/v1/embeddings"],
    ["https://x.openai.azure.com/", "https://x.openai.azure.com/openai/v1/embeddings"],
    ["https://x.openai.azure.com/openai/", "https://x.openai.azure.com/openai/v1/embeddings"],
    ["https://x.openai.azure.com/openai/v1/", "https://x.openai.azure.com/openai/v1/embeddings"],
    ["https://x.services.ai.azure.com", "https://x.services.ai.azure.com/openai/v1/embeddings"],
    ["https://x.openai.azure.us/", "https://x.openai.azure.us/openai/v1/embeddings"],
    [
      "https://x.openai.azure.com?api-version=preview",
      "https://x.openai.azure.com/openai/v1/embeddings?api-version=preview",
    ],
    // Other services of Azure have their embeddings elsewhere.
    ["https://x.services.ai.azure.com/models", "https://x.services.ai.azure.com/models/embeddings"],
    ["https://models.inference.ai.azure.com", "https://models.inference.ai.azure.com/embeddings"],
    ["https://x.openai.azure.com.example", "https://x.openai.azure.com.example/embeddings"],
  ])("%s is completed", async (baseUrl, url) => {
    const sent = await sentTo({ baseUrl });
    expect(sent.url).toBe(url);
    expect(sent.headers["authorization"]).toBe(`Bearer ${apiKey}`);
  });

  it.each([
    ["https://x.openai.azure.com/openai/deployments/d", true],
    [`https://x.openai.azure.us/openai/deployments/d${query}`, true],
    // A gateway in front of Azure.
    [`https://gateway.example/openai/deployments/d${query}`, true],
    ["https://other.example/deployments/d/v1", false],
  ])("%s: the key is in its own header: %s", async (baseUrl, isOwnHeader) => {
    const { headers } = await sentTo({ baseUrl });
    expect(headers["api-key"]).toBe(isOwnHeader ? apiKey : undefined);
    expect(headers["authorization"]).toBe(isOwnHeader ? undefined : `Bearer ${apiKey}`);
  });

  it("of the government has the variable of Azure", async () => {
    vi.stubEnv("AZURE_OPENAI_API_KEY", "key-of-azure");
    const { headers } = await sentTo({ baseUrl: "https://x.openai.azure.us", apiKey: undefined });
    expect(headers["authorization"]).toBe("Bearer key-of-azure");
  });
});

describe("a resource of Azure", () => {
  it("takes what the official client sends, and what a model sends", async () => {
    const client = new AzureOpenAI({ endpoint: server.url, apiKey, apiVersion, deployment: "d" });
    const { data } = await client.embeddings.create({ model: "d", input: ["one", "two"] });
    expect(data.map(({ embedding }) => Float32Array.from(embedding))).toEqual([
      fakeVector("one", 16),
      fakeVector("two", 16),
    ]);
    await using embedder = openaiEmbedding({ ...given, model: "d", encoding: "base64" });
    const { embeddings } = await embedder.getTextEmbeddingBatch(["one", "two"]);
    expect(embeddings).toEqual([fakeVector("one", 16), fakeVector("two", 16)]);
    const [theirs, ours] = server.requests.map(({ method, path, headers, body }) => ({
      method,
      path,
      key: headers["api-key"],
      authorization: headers["authorization"],
      body,
    }));
    expect(ours).toEqual(theirs);
  });

  it("refuses in forms that the official client reads", async () => {
    const client = (options: object) =>
      new AzureOpenAI({ endpoint: server.url, apiKey, apiVersion, maxRetries: 0, ...options });
    const missing = client({ deployment: "e" }).embeddings.create({ model: "e", input: "a" });
    const error = await failure(missing);
    expect(error).toBeInstanceOf(TheirNotFoundError);
    expect(error).toMatchObject({ code: "DeploymentNotFound" });
    const keyless = client({ apiKey: "another-key" }).embeddings.create({ model: "d", input: "a" });
    expect(await failure(keyless)).toBeInstanceOf(AuthenticationError);
  });

  it("has embeddings at its newer address too, by the name of the deployment, with a key or a token", async () => {
    const baseUrl = `${server.url}/openai/v1`;
    for (const key of [apiKey, () => apiKey]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await using embedder = openaiEmbedding({ ...given, baseUrl, model: "d", apiKey: key });
      // oxlint-disable-next-line no-await-in-loop
      expect(await embedder.getTextEmbedding("a")).toEqual(fakeVector("a", 16));
    }
  });

  it("says in the older form of its address that there is no such deployment", async () => {
    await using embedder = openaiEmbedding({ ...given, baseUrl: given.baseUrl!.replace("/d?", "/e?") });
    const error = await failure(embedder.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(NotFoundError);
    const address = `${server.url}/openai/deployments/e/embeddings${query}`;
    expect((error as Error).message).toBe(`Azure responded with 404 at ${address}: ${notFound}`);
  });
});

describe("an error of Azure", () => {
  it("for a model that is no deployment says that it must be one", async () => {
    const body = { error: { code: "DeploymentNotFound", message: notFound } };
    const dispatcher = answering(404, body);
    const baseUrl = "https://x.openai.azure.com";
    await using embedder = openaiEmbedding({ ...given, baseUrl, dispatcher });
    const error = await failure(embedder.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(NotFoundError);
    expect((error as Error).message).toBe(
      `Azure responded with 404 at https://x.openai.azure.com/openai/v1/embeddings: ${notFound}; ` +
        "the model must be the name of your deployment, and it is text-embedding-3-small",
    );
  });

  it("of another kind at the same address says no such thing", async () => {
    const dispatcher = answering(404, { error: { code: "404", message: "Resource not found" } });
    const baseUrl = "https://x.openai.azure.com";
    await using embedder = openaiEmbedding({ ...given, baseUrl, dispatcher });
    const error = await failure(embedder.getTextEmbedding("a"));
    expect((error as Error).message).toMatch(/: Resource not found$/);
  });

  it("of its content filter has the message, and nothing of the details", async () => {
    const message =
      "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.";
    const innererror = {
      code: "ResponsibleAIPolicyViolation",
      content_filter_result: { hate: { filtered: true } },
    };
    server.plan({
      kind: "otherShape",
      status: 400,
      body: {
        error: { code: "content_filter", message, param: "prompt", type: null, status: 400, innererror },
      },
    });
    await using embedder = openaiEmbedding(given);
    const error = await failure(embedder.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ message: `Azure responded with 400: ${message}`, retryable: false });
  });

  it("of a rate limit has the wait of its headers, and the limits", async () => {
    const message =
      "Requests to the Embeddings_Create Operation have exceeded call rate limit. Please retry after 7 seconds.";
    const headers = {
      "retry-after": "7",
      "retry-after-ms": "6543",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-remaining-tokens": "119000",
      "x-ratelimit-reset-requests": "7",
    };
    server.plan({ kind: "status", status: 429, headers, message });
    await using embedder = openaiEmbedding({ ...given, retry: { attempts: 1 } });
    const error = await failure(embedder.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({
      message: `Azure responded with 429: ${message}`,
      retryAfter: 6543,
      rateLimits: { requests: { remaining: 0, reset: 7000 }, tokens: { remaining: 119_000 } },
    });
  });
});

/** A dispatcher that responds to every request, as Azure's own addresses are not on this machine. */
function answering(statusCode: number, body: unknown): NonNullable<OpenaiEmbeddingOptions["dispatcher"]> {
  return {
    request: () =>
      Promise.resolve({
        statusCode,
        headers: { "content-type": "application/json" },
        body: Readable.from([Buffer.from(JSON.stringify(body))]),
      }),
  } as object as NonNullable<OpenaiEmbeddingOptions["dispatcher"]>;
}

for (const encoding of ["json", "base64"] as const) {
  registerConformance(
    {
      name: `a deployment of Azure over ${encoding}`,
      service: azure(),
      create: ({ baseUrl, limits, ...options }) =>
        openaiEmbedding({
          ...options,
          baseUrl: `${baseUrl}/openai/deployments/d${query}`,
          encoding,
          // Of the models that Azure has.
          limits: { tokensPerInput: 8192, ...limits },
        }),
    },
    { describe, it: it.concurrent },
  );
}
