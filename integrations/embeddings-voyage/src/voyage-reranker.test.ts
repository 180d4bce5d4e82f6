import { RerankResponseError } from "@llx/embeddings/rerank";
import {
  type EmbeddingServer,
  fakeScore,
  registerRerankerConformance,
  startEmbeddingServer,
} from "@llx/embeddings/testing";
import { AuthenticationError, BadRequestError } from "@llx/http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeVoyage } from "./fake-voyage.ts";
import { voyageReranker, type VoyageRerankerOptions } from "./rerank.ts";

const service = fakeVoyage({ apiKey: "secret-voyage-key" });
const { apiKey } = service;
const query = "why does the sea rise?";
const documents = ["Bees dance.", "The moon makes the sea rise."];

let server: EmbeddingServer;
let given: VoyageRerankerOptions;

beforeEach(async () => {
  server = await startEmbeddingServer(service);
  given = { apiKey, baseUrl: `${server.url}/v1` };
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.aclose();
});

const failure = (work: Promise<unknown>): Promise<unknown> => work.then(undefined, (error: unknown) => error);

describe("a request to Voyage's reranker", () => {
  it("forbids cutting, and has no fields that it does not need", async () => {
    await using voyage = voyageReranker({ ...given, headers: { "x-team": "search" } });
    const { results, usage } = await voyage.rerank(query, documents);
    expect(results).toEqual([
      { index: 1, score: fakeScore(query, documents[1]!) },
      { index: 0, score: fakeScore(query, documents[0]!) },
    ]);
    // Of 22 characters for each text, and of 11 and 28.
    expect(usage).toEqual({ totalTokens: 2 * 6 + 3 + 7 });
    const [request] = server.requests;
    expect(request).toMatchObject({ method: "POST", path: "/v1/rerank" });
    expect(request!.headers).toMatchObject({ authorization: `Bearer ${apiKey}`, "x-team": "search" });
    expect(request!.body).toEqual({ model: "rerank-2.5", query, documents, truncation: false });
  });

  it("allows cutting with truncate, and has the number of results", async () => {
    await using voyage = voyageReranker({ ...given, truncate: true });
    await voyage.rerank(query, documents, { topN: 1 });
    expect(server.requests[0]!.body).toEqual({
      model: "rerank-2.5",
      query,
      documents,
      top_k: 1,
      truncation: true,
    });
  });

  it("is sent with the key and to the address of the environment", async () => {
    vi.stubEnv("VOYAGE_API_KEY", apiKey);
    vi.stubEnv("VOYAGE_BASE_URL", `${server.url}/v1`);
    await using voyage = voyageReranker();
    expect((await voyage.rerank(query, documents)).results).toHaveLength(2);
  });
});

describe("limits", () => {
  it.each([
    ["rerank-3", 8000, 32_000, undefined],
    ["rerank-3-lite", 8000, 32_000, undefined],
    ["rerank-2.5", 8000, 32_000, 600_000],
    ["rerank-2.5-lite", 8000, 32_000, 600_000],
    ["rerank-2", 4000, 16_000, 600_000],
    ["rerank-2-lite", 2000, 8000, 600_000],
    ["rerank-1", 2000, 8000, 300_000],
    ["rerank-lite-1", 1000, 4000, 300_000],
    ["another", undefined, undefined, undefined],
  ])("of %s are those of the documents", async (model, tokensPerQuery, tokensPerPair, tokens) => {
    await using voyage = voyageReranker({ ...given, model });
    const defined = Object.entries({ inputs: 1000, tokensPerQuery, tokensPerPair, tokens });
    expect(voyage.limits).toEqual(Object.fromEntries(defined.filter(([, limit]) => limit !== undefined)));
    expect(voyage.truncation).toBe("onRequest");
  });
});

it("refuses options that it does not have, and a missing key", () => {
  expect(() => voyageReranker({ ...given, priority: 5 } as object)).toThrow("there is no option priority");
  vi.stubEnv("VOYAGE_API_KEY", "");
  expect(() => voyageReranker()).toThrow(/VOYAGE_API_KEY/);
});

it("quotes the service in errors", async () => {
  await using voyage = voyageReranker({ ...given, model: "rerank-2" });
  const refused = await failure(voyage.rerank(query, documents));
  expect(refused).toBeInstanceOf(BadRequestError);
  expect((refused as Error).message).toContain("model must be rerank-2.5");
  await using stranger = voyageReranker({ ...given, apiKey: "another-voyage-key" });
  expect(await failure(stranger.rerank(query, documents))).toBeInstanceOf(AuthenticationError);
});

it("says what is wrong with a response", async () => {
  await using voyage = voyageReranker({ ...given, retry: { attempts: 1 } });
  server.plan({ kind: "otherShape", body: { data: [null] } });
  const error = await failure(voyage.rerank(query, ["one"]));
  expect(error).toBeInstanceOf(RerankResponseError);
  expect((error as Error).message).toMatch(/the index of item 0 is not a whole number but undefined$/);
});

for (const rerankModel of ["rerank-2.5", "rerank-2-lite"]) {
  registerRerankerConformance(
    {
      name: `voyageReranker with ${rerankModel}`,
      service: fakeVoyage({ apiKey, rerankModel }),
      create: ({ baseUrl, ...options }) =>
        voyageReranker({ ...options, baseUrl: baseUrl && `${baseUrl}/v1`, model: rerankModel }),
    },
    { describe, it },
  );
}
