import { createGoogle } from "@ai-sdk/google";
import { APICallError } from "@ai-sdk/provider";
import { type EmbeddingServer, fakeVector, startEmbeddingServer } from "@llx/embeddings/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fakeGemini } from "./testing.ts";

// If the client of other people works with the fake, the fake speaks the protocol.
const service = fakeGemini({ apiKey: "secret-gemini-key" });
const { apiKey } = service;
const name = "gemini-embedding-2";
const values = ["one", "two"];

let server: EmbeddingServer;

beforeEach(async () => {
  server = await startEmbeddingServer(service);
});

afterEach(() => server.aclose());

const clientOf = ({ url }: EmbeddingServer, key = apiKey) =>
  createGoogle({ apiKey: key, baseURL: `${url}/v1beta` });

it("embeds texts for the AI SDK", async () => {
  const model = clientOf(server).embeddingModel(name);
  const { embeddings } = await model.doEmbed({ values, dimensions: 128 });
  expect(embeddings).toEqual(values.map((text) => Array.from(fakeVector(text, 128))));
  expect(model.maxEmbeddingsPerCall).toBe(100);
});

it("leaves vectors of gemini-embedding-001 as they are, as the service does", async () => {
  const first = "gemini-embedding-001";
  await using other = await startEmbeddingServer(fakeGemini({ apiKey, model: first }));
  const providerOptions = { google: { taskType: "CLUSTERING", outputDimensionality: 8 } };
  const { embeddings } = await clientOf(other).embeddingModel(first).doEmbed({ values, providerOptions });
  // Three quarters of a float are exact in a double.
  expect(embeddings).toEqual(values.map((text) => Array.from(fakeVector(text, 8), (value) => value * 0.75)));
});

it.each([
  ["a wrong key", undefined, 400, "API key not valid. Please pass a valid API key.", false],
  ["status 429", 429, 429, "planned status 429", true],
  ["status 503", 503, 503, "planned status 503", true],
])(
  "refuses %s with an error that the AI SDK reads",
  async (_what, planned, statusCode, message, isRetryable) => {
    if (planned !== undefined) server.plan({ kind: "status", status: planned });
    const client = clientOf(server, planned === undefined ? "wrong-key" : apiKey);
    const error: unknown = await Promise.resolve(client.embeddingModel(name).doEmbed({ values })).catch(
      (thrown: unknown) => thrown,
    );
    expect(APICallError.isInstance(error)).toBe(true);
    // Its data is parsed by the schema of Google's errors.
    expect(error).toMatchObject({
      statusCode,
      message,
      isRetryable,
      data: { error: { code: statusCode, message } },
    });
  },
);
