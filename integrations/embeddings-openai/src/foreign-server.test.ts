import { LLMock } from "@copilotkit/aimock";
import { NotFoundError } from "@llx/http";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openaiEmbedding, type OpenaiEmbeddingOptions } from "./index.ts";

/** A third-party server for OpenAI's protocol. It always embeds a text in the same way. */
let server: LLMock;
let given: OpenaiEmbeddingOptions;

beforeEach(async () => {
  server = new LLMock({ port: 0, journalMaxEntries: 0 });
  await server.start();
  given = { apiKey: "any-key", baseUrl: `${server.url}/v1` };
});

afterEach(() => server.stop());

const texts = Array.from({ length: 1000 }, (_, index) => `text number ${index}`);

it("embeds 1,000 texts in order, alone and together, in any requested encoding", async () => {
  await using embedder = openaiEmbedding({ ...given, dimensions: 256 });
  const { embeddings, model } = await embedder.getTextEmbeddingBatch(texts);
  expect(new Set(embeddings.map(String)).size).toBe(1000);
  expect(embeddings.every(({ length }) => length === 256)).toBe(true);
  expect(model).toBe("text-embedding-3-small");
  await using inFew = openaiEmbedding({
    ...given,
    dimensions: 256,
    encoding: "base64",
    limits: { inputs: 7 },
  });
  expect((await inFew.getTextEmbeddingBatch(texts)).embeddings).toEqual(embeddings);
  expect(await inFew.getQueryEmbedding("text number 500")).toEqual(embeddings[500]);
  // One request for all; 142 of 7 texts and one of 6; one for the query.
  expect(server.getRequests()).toHaveLength(1 + 143 + 1);
});

it("has the dimensions of its model if none are requested", async () => {
  await using embedder = openaiEmbedding(given);
  expect(await embedder.getTextEmbedding("a")).toHaveLength(1536);
});

it("reports the server's own message if it refuses", async () => {
  await using embedder = openaiEmbedding(given);
  server.nextRequestError(404, { message: "The model `none` does not exist", type: "invalid_request_error" });
  const error: unknown = await embedder.getTextEmbedding("a").catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NotFoundError);
  expect((error as Error).message).toBe(
    `${new URL(server.url).host} responded with 404 at ${given.baseUrl}/embeddings: The model \`none\` does not exist`,
  );
});

it("retries if the server is busy, drops connections or sends partial responses", async () => {
  await using embedder = openaiEmbedding({
    ...given,
    limits: { inputs: 1 },
    retry: { attempts: 50, delay: 0 },
  });
  const calm = await embedder.getTextEmbeddingBatch(texts.slice(0, 50));
  server.setChaos({ dropRate: 0.2, malformedRate: 0.2, disconnectRate: 0.2 });
  const wild = await embedder.getTextEmbeddingBatch(texts.slice(0, 50));
  expect(wild.embeddings).toEqual(calm.embeddings);
  // Six of ten requests fail: with 50 texts, hardly ever fewer than these.
  expect(server.getRequests().length).toBeGreaterThan(110);
});

it("waits for a server that restarts, which uses up no attempt", async () => {
  const port = Number(new URL(server.url).port);
  let refusals = 0;
  await using embedder = openaiEmbedding({
    ...given,
    retry: {
      attempts: 2,
      onRetry(error, { refused }) {
        if (!refused) return;
        expect(error).toMatchObject({ name: "ConnectionError", cause: { code: "ECONNREFUSED" } });
        // The third attempt finds it again.
        if (++refusals === 2) void (server = new LLMock({ port, journalMaxEntries: 0 })).start();
      },
    },
  });
  const before = await embedder.getTextEmbedding("a");
  await server.stop();
  expect(await embedder.getTextEmbedding("a")).toEqual(before);
  expect(refusals).toBeGreaterThanOrEqual(2);
});

it("soon gives up on a server that has never responded", async () => {
  await server.stop();
  await using embedder = openaiEmbedding({ ...given, retry: { attempts: 2, delay: 0 } });
  await expect(embedder.getTextEmbedding("a")).rejects.toMatchObject({ name: "ConnectionError", attempt: 2 });
  await server.start();
});
