import {
  type EmbeddingServer,
  fakeScore,
  fakeVector,
  fakeVectorOf,
  startEmbeddingServer,
} from "@llx/embeddings/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { VoyageAIClient, VoyageAIError } from "voyageai";
import { fakeVoyage } from "./fake-voyage.ts";

// The client that Voyage publishes works on the fake: then the fake speaks Voyage's protocol.

const service = fakeVoyage();
let server: EmbeddingServer;
let client: VoyageAIClient;

beforeEach(async () => {
  server = await startEmbeddingServer(service);
  client = new VoyageAIClient({ apiKey: service.apiKey, baseUrl: `${server.url}/v1`, maxRetries: 0 });
});

afterEach(() => server.aclose());

it("embeds with Voyage's own client, in all element types", async () => {
  const input = ["a", "b"];
  const { data, model, usage } = await client.embed({ input, model: "voyage-4" });
  expect(data!.map(({ embedding }) => Float32Array.from(embedding!))).toEqual(
    input.map((text) => fakeVector(text, 1024)),
  );
  expect(data!.map(({ index }) => index)).toEqual([0, 1]);
  expect({ model, usage }).toEqual({ model: "voyage-4", usage: { totalTokens: 2 } });
  const all = {
    inputType: "query",
    truncation: false,
    outputDimension: 256,
    outputDtype: "ubinary",
  } as const;
  const bits = await client.embed({ input: "why?", model: "voyage-4", ...all });
  expect(Uint8Array.from(bits.data![0]!.embedding!)).toEqual(fakeVectorOf("why?", "ubinary", 256));
  expect(server.requests[1]!.body).toEqual({
    input: "why?",
    model: "voyage-4",
    input_type: "query",
    truncation: false,
    output_dimension: 256,
    output_dtype: "ubinary",
  });
});

it.each([
  ["a field", { input: "a", model: "voyage-4", outputDimension: 100 }, 400, /^output_dimension must be/],
  ["the key", { input: "a", model: "voyage-4" }, 401, /^the API key is not valid$/],
])("refuses %s as an error of Voyage's own client", async (what, body, statusCode, detail) => {
  const apiKey = what === "the key" ? "pa-another-key-of-voyage" : service.apiKey;
  const other = new VoyageAIClient({ apiKey, baseUrl: `${server.url}/v1`, maxRetries: 0 });
  const error: unknown = await other.embed(body).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(VoyageAIError);
  expect(error).toMatchObject({ statusCode, body: { detail: expect.stringMatching(detail) as string } });
});

it("ranks with Voyage's own client", async () => {
  const query = "why does the sea rise?";
  const documents = ["Bees dance.", "The moon makes the sea rise."];
  const { data, model, usage } = await client.rerank({
    query,
    documents,
    model: "rerank-2.5",
    topK: 1,
    truncation: false,
  });
  expect(data).toEqual([{ index: 1, relevanceScore: fakeScore(query, documents[1]!) }]);
  expect(model).toBe("rerank-2.5");
  // Of 22 characters for each text, and of 11 and 28.
  expect(usage).toEqual({ totalTokens: 22 });
  expect(server.requests[0]!.body).toEqual({
    query,
    documents,
    model: "rerank-2.5",
    top_k: 1,
    truncation: false,
  });
});

it("refuses to rank as an error of Voyage's own client", async () => {
  const error: unknown = await client
    .rerank({ query: "a", documents: [], model: "rerank-2.5" })
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(VoyageAIError);
  expect(error).toMatchObject({
    statusCode: 400,
    body: { detail: "documents must have 1 to 1000 texts, not 0" },
  });
});
