import { createMistral } from "@ai-sdk/mistral";
import { type EmbeddingServer, fakeVector, startEmbeddingServer } from "@llx/embeddings/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fakeMistral } from "./fake-mistral.ts";

// The AI SDK's provider for Mistral works on the fake: then the fake speaks Mistral's protocol.

const service = fakeMistral();
let server: EmbeddingServer;

beforeEach(async () => {
  server = await startEmbeddingServer(service);
});

afterEach(() => server.aclose());

it("embeds with the AI SDK's provider", async () => {
  const mistral = createMistral({ apiKey: service.apiKey, baseURL: `${server.url}/v1` });
  const values = ["a", "b"];
  const { embeddings, usage } = await mistral.embeddingModel("mistral-embed").doEmbed({ values });
  expect(embeddings.map((embedding) => Float32Array.from(embedding))).toEqual(
    values.map((text) => fakeVector(text, 1024)),
  );
  expect(usage).toEqual({ tokens: 2 });
  expect(server.requests[0]!.body).toEqual({
    model: "mistral-embed",
    input: values,
    encoding_format: "float",
  });
});

it.each([
  [
    "a request",
    "mistral-embed",
    service.apiKey,
    ["x".repeat(40_000)],
    400,
    "input[0] has more than 8190 tokens",
  ],
  // Of these forms, it does not read the message.
  ["a field", "other", service.apiKey, ["a"], 422, expect.any(String)],
  ["the key", "mistral-embed", "another-key-of-mistral", ["a"], 401, "Unauthorized"],
])("refuses %s as an error of the AI SDK's own", async (_what, name, apiKey, values, statusCode, message) => {
  const mistral = createMistral({ apiKey, baseURL: `${server.url}/v1` });
  const call = mistral.embeddingModel(name).doEmbed({ values });
  await expect(call).rejects.toMatchObject({ name: "AI_APICallError", statusCode, message });
});
