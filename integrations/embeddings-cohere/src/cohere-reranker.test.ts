import { inspect } from "node:util";
import { RerankResponseError } from "@llx/embeddings/rerank";
import {
  type EmbeddingServer,
  fakeScore,
  registerRerankerConformance,
  startEmbeddingServer,
} from "@llx/embeddings/testing";
import { AuthenticationError, BadRequestError, RateLimitError } from "@llx/http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeCohere } from "./fake-cohere.ts";
import { cohereReranker, type CohereRerankerOptions } from "./rerank.ts";

const service = fakeCohere({ apiKey: "secret-cohere-key" });
const { apiKey } = service;
const query = "why does the sea rise?";
const documents = ["Bees dance.", "The moon makes the sea rise."];

let server: EmbeddingServer;
let given: CohereRerankerOptions;

beforeEach(async () => {
  server = await startEmbeddingServer(service);
  given = { apiKey, baseUrl: server.url, truncate: true };
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.aclose();
});

const failure = (work: Promise<unknown>): Promise<unknown> => work.then(undefined, (error: unknown) => error);

describe("a request to Cohere's reranker", () => {
  it("has no fields that it does not need", async () => {
    await using cohere = cohereReranker({ ...given, headers: { "x-team": "search" } });
    const { results, usage, requestId } = await cohere.rerank(query, documents);
    expect(results).toEqual([
      { index: 1, score: fakeScore(query, documents[1]!) },
      { index: 0, score: fakeScore(query, documents[0]!) },
    ]);
    expect(usage).toEqual({ searchUnits: 1 });
    expect(requestId).toBeUndefined();
    const [request] = server.requests;
    expect(request).toMatchObject({ method: "POST", path: "/v2/rerank" });
    expect(request!.headers).toMatchObject({ authorization: `Bearer ${apiKey}`, "x-team": "search" });
    expect(request!.body).toEqual({ model: "rerank-v4.0-pro", query, documents });
  });

  it("has the number of results, the length of a text and the priority that are given", async () => {
    await using cohere = cohereReranker({ ...given, maxTokensPerText: 32_000, priority: 7 });
    const { results } = await cohere.rerank(query, documents, { topN: 1 });
    expect(results.map(({ index }) => index)).toEqual([1]);
    expect(server.requests[0]!.body).toEqual({
      model: "rerank-v4.0-pro",
      query,
      documents,
      top_n: 1,
      max_tokens_per_doc: 32_000,
      priority: 7,
    });
    expect(cohere.limits.tokensPerInput).toBe(32_000);
  });

  it("is sent with the key and to the address of the environment", async () => {
    vi.stubEnv("CO_API_KEY", "");
    vi.stubEnv("COHERE_API_KEY", apiKey);
    vi.stubEnv("CO_API_URL", `${server.url}/v2`);
    await using cohere = cohereReranker({ truncate: true });
    expect((await cohere.rerank(query, documents)).results).toHaveLength(2);
  });
});

describe("limits", () => {
  it.each([
    ["rerank-v4.0-pro", 16_384],
    ["rerank-v4.0-fast", 16_384],
    ["rerank-v3.5", 2048],
    ["another", undefined],
  ])("of %s are those of the documents", async (model, tokensPerQuery) => {
    await using cohere = cohereReranker({ ...given, model });
    expect(cohere.limits).toEqual({ inputs: 10_000, tokensPerQuery, tokensPerInput: 4096 });
    expect(cohere.truncation).toBe("always");
  });
});

describe("options", () => {
  it("must accept that Cohere cuts", () => {
    for (const truncate of [undefined, false]) {
      expect(() => cohereReranker({ ...given, truncate: truncate as never })).toThrow(
        "Cohere cuts texts that are too long, and cannot be told not to: accept that with truncate: true",
      );
    }
  });

  it.each<[string, object]>([
    ["there is no option dimensions", { dimensions: 256 }],
    ["maxTokensPerText must be a whole number from 1, not 0", { maxTokensPerText: 0 }],
    ["maxTokensPerText must be a whole number from 1, not a string", { maxTokensPerText: "8" }],
    ["priority must be a whole number from 0, not -1", { priority: -1 }],
    ["priority must be a whole number from 0, not 0.5", { priority: 0.5 }],
  ])("are refused: %s", (message, wrong) => {
    expect(() => cohereReranker({ ...given, ...wrong })).toThrow(message);
  });

  it("must have a key", () => {
    vi.stubEnv("CO_API_KEY", "");
    vi.stubEnv("COHERE_API_KEY", "");
    expect(() => cohereReranker({ truncate: true })).toThrow(/CO_API_KEY/);
  });
});

describe("errors", () => {
  it("quote the service, and show no key", async () => {
    await using cohere = cohereReranker({ ...given, retry: { attempts: 1 }, priority: 1000 });
    const refused = await failure(cohere.rerank(query, documents));
    expect(refused).toBeInstanceOf(BadRequestError);
    expect((refused as Error).message).toContain("priority must be a whole number from 0 to 999");
    server.plan({ kind: "status", status: 429 });
    await using other = cohereReranker({ ...given, retry: { attempts: 1 } });
    expect(await failure(other.rerank(query, documents))).toBeInstanceOf(RateLimitError);
    await using stranger = cohereReranker({ ...given, apiKey: "another-cohere-key" });
    const error = await failure(stranger.rerank(query, documents));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(inspect(error)).not.toContain("another-cohere-key");
  });

  it("say what is wrong with a response", async () => {
    await using cohere = cohereReranker({ ...given, retry: { attempts: 1 } });
    server.plan({ kind: "otherShape", body: { results: [null] } });
    const error = await failure(cohere.rerank(query, ["one"]));
    expect(error).toBeInstanceOf(RerankResponseError);
    expect((error as Error).message).toMatch(/the index of item 0 is not a whole number but undefined$/);
    server.plan({ kind: "otherShape", body: { id: "7", meta: {} } });
    expect(String(await failure(cohere.rerank(query, ["one"])))).toMatch(
      /no list of results; the response is an object with id$/,
    );
  });
});

registerRerankerConformance(
  { name: "cohereReranker", service, create: (options) => cohereReranker({ ...options, truncate: true }) },
  { describe, it },
);
