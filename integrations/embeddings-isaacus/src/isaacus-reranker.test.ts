import { RerankResponseError } from "@llx/embeddings/rerank";
import {
  type EmbeddingServer,
  fakeScore,
  registerRerankerConformance,
  startEmbeddingServer,
} from "@llx/embeddings/testing";
import { AuthenticationError, BadRequestError } from "@llx/http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeIsaacus } from "./fake-isaacus.ts";
import { isaacusReranker, type IsaacusRerankerOptions } from "./rerank.ts";

const service = fakeIsaacus({ apiKey: "iuak_v1_secret_checksum" });
const { apiKey } = service;
const query = "When does the lease end?";
const texts = ["Rent is due monthly.", "The lease does end in May."];

let server: EmbeddingServer;
let given: IsaacusRerankerOptions;

beforeEach(async () => {
  server = await startEmbeddingServer(service);
  given = { apiKey, baseUrl: `${server.url}/v1` };
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.aclose();
});

const failure = (work: Promise<unknown>): Promise<unknown> => work.then(undefined, (error: unknown) => error);

describe("a request to Isaacus's reranker", () => {
  it("has no fields that it does not need", async () => {
    await using isaacus = isaacusReranker({ ...given, headers: { "x-team": "search" } });
    const { results, usage } = await isaacus.rerank(query, texts);
    expect(results).toEqual([
      { index: 1, score: fakeScore(query, texts[1]!) },
      { index: 0, score: fakeScore(query, texts[0]!) },
    ]);
    // Of 24 characters for each text, and of 20 and 26.
    expect(usage).toEqual({ inputTokens: 2 * 6 + 5 + 7 });
    const [request] = server.requests;
    expect(request).toMatchObject({ method: "POST", path: "/v1/rerankings" });
    expect(request!.headers).toMatchObject({ authorization: `Bearer ${apiKey}`, "x-team": "search" });
    expect(request!.body).toEqual({ model: "kanon-2-reranker", query, texts });
  });

  it("has what only Isaacus offers", async () => {
    await using isaacus = isaacusReranker({
      ...given,
      isIql: true,
      scoringMethod: "chunk_avg",
      chunking: { size: 512, overlapRatio: 0.1, overlapTokens: 0 },
    });
    await isaacus.rerank("{IS clause}", texts, { topN: 1 });
    expect(server.requests[0]!.body).toEqual({
      model: "kanon-2-reranker",
      query: "{IS clause}",
      texts,
      top_n: 1,
      is_iql: true,
      scoring_method: "chunk_avg",
      chunking_options: { size: 512, overlap_ratio: 0.1, overlap_tokens: 0 },
    });
  });

  it("is sent with the key and to the address of the environment", async () => {
    vi.stubEnv("ISAACUS_API_KEY", apiKey);
    vi.stubEnv("ISAACUS_BASE_URL", `${server.url}/v1`);
    await using isaacus = isaacusReranker();
    expect((await isaacus.rerank(query, texts)).results).toHaveLength(2);
  });
});

it("declares no limits, as none are documented, and never cuts", async () => {
  await using isaacus = isaacusReranker(given);
  expect([isaacus.limits, isaacus.truncation]).toEqual([{}, "never"]);
  expect(() => isaacusReranker({ ...given, truncate: true })).toThrow(/does not cut/);
});

it.each<[string, object]>([
  ["there is no option textTask", { textTask: null }],
  ["scoringMethod must be one of auto, chunk_max, chunk_avg, chunk_min", { scoringMethod: "best" }],
  ["isIql must be true or false", { isIql: "yes" }],
  ["chunking.size must be a whole number from 1, not 0", { chunking: { size: 0 } }],
  ["chunking.overlapRatio must be at least 0 and less than 1, not 1", { chunking: { overlapRatio: 1 } }],
  ["chunking.overlapTokens must be a whole number from 0, not -1", { chunking: { overlapTokens: -1 } }],
  ["there is no option chunking.overlap; there are size", { chunking: { overlap: 3 } }],
])("refuses options: %s", (message, wrong) => {
  expect(() => isaacusReranker({ ...given, ...wrong })).toThrow(message);
});

it("must have a key", () => {
  vi.stubEnv("ISAACUS_API_KEY", "");
  expect(() => isaacusReranker()).toThrow(/ISAACUS_API_KEY/);
});

it("quotes the service in errors", async () => {
  await using isaacus = isaacusReranker({ ...given, model: "another" });
  const refused = await failure(isaacus.rerank(query, texts));
  expect(refused).toBeInstanceOf(BadRequestError);
  expect((refused as Error).message).toContain("Bad request: model must be kanon-2-reranker");
  await using stranger = isaacusReranker({ ...given, apiKey: "iuak_v1_another_key" });
  expect(await failure(stranger.rerank(query, texts))).toBeInstanceOf(AuthenticationError);
});

it("says what is wrong with a response", async () => {
  await using isaacus = isaacusReranker({ ...given, retry: { attempts: 1 } });
  server.plan({ kind: "otherShape", body: { results: [{ index: 0, score: "0.5" }] } });
  const error = await failure(isaacus.rerank(query, ["one"]));
  expect(error).toBeInstanceOf(RerankResponseError);
  expect((error as Error).message).toMatch(/the score of texts\[0\] is a string, not a finite number$/);
});

registerRerankerConformance(
  {
    name: "isaacusReranker",
    service,
    create: ({ baseUrl, ...options }) => isaacusReranker({ ...options, baseUrl: baseUrl && `${baseUrl}/v1` }),
  },
  { describe, it },
);
