import { LLMock } from "@copilotkit/aimock";
import { createEmbeddingModel, type EmbeddingModel } from "@llx/embeddings";
import { HttpClient } from "@llx/http";
import { afterEach, beforeEach, expect, it } from "vitest";

/** A third-party server for OpenAI's protocol. It always embeds a text in the same way. */
let server: LLMock;

beforeEach(async () => {
  server = new LLMock({ port: 0, journalMaxEntries: 0 });
  await server.start();
});

afterEach(() => server.stop());

/** As OpenAI's documents say, in as few lines as that takes. */
function openModel(): EmbeddingModel {
  const http = new HttpClient({ provider: "foreign", headers: { authorization: "Bearer any" } });
  return createEmbeddingModel(
    {
      provider: "foreign",
      model: "text-embedding-3-small",
      limits: { inputs: 1 },
      embed: async ({ texts: input }, attempt) => {
        const body = { model: "text-embedding-3-small", input, dimensions: 16 };
        const answer = await http.postJson(`${server.url}/v1/embeddings`, body, attempt);
        const { data } = answer.body as { data: { index: number; embedding: number[] }[] };
        return { embeddings: data, requestId: answer.requestId };
      },
      aclose: () => http.aclose(),
    },
    // Its refusals are random, with the same limits and waits in each.
    { workers: 8, rate: false, retry: { delay: 0, retryAfter: () => undefined } },
  );
}

const texts = Array.from({ length: 3_000 }, (_, index) => `text number ${index}`);

it("embeds each of 3,000 texts once, or reports it by index, whatever the server does", async () => {
  await using model = openModel();
  const calm = await model.getTextEmbeddingBatch(texts);
  expect(new Set(calm.embeddings.map(String)).size).toBe(3_000);
  expect(server.getRequests()).toHaveLength(3_000);

  server.setChaos({ dropRate: 0.1, malformedRate: 0.1, rateLimitRate: 0.1, disconnectRate: 0.1 });
  const { embeddings, failed } = await model.getTextEmbeddingBatch(texts, { settle: true });
  const missing = [...embeddings.keys()].filter((index) => embeddings[index] === undefined);
  expect(failed.map(({ index }) => index)).toEqual(missing);
  // A refusal uses up no attempt; of three others at least one gets through for about 97 of 100 texts.
  expect(failed.length).toBeGreaterThan(20);
  expect(failed.length).toBeLessThan(500);
  const names = new Set(failed.map(({ error }) => (error as Error).name));
  expect(names).toEqual(new Set(["ServerError", "MalformedResponseError", "ConnectionError"]));

  server.clearChaos();
  const again = await model.getTextEmbeddingBatch(failed.map(({ index }) => texts[index]!));
  for (const [at, { index }] of failed.entries()) embeddings[index] = again.embeddings[at];
  expect(embeddings).toEqual(calm.embeddings);
}, 60_000);
