import { createCohere } from "@ai-sdk/cohere";
import { fakeScore, fakeVector, startEmbeddingServer } from "@llx/embeddings/testing";
import { expect, it } from "vitest";
import { fakeCohere } from "./testing.ts";

// The fake speaks Cohere's protocol, if a client that was written without it understands it.

const service = fakeCohere();
type Cohere = ReturnType<typeof createCohere>;

async function withClient(use: (cohere: Cohere) => Promise<void>, apiKey = service.apiKey): Promise<void> {
  await using server = await startEmbeddingServer(service);
  await use(createCohere({ apiKey, baseURL: `${server.url}/v2` }));
}

it("responds to the AI SDK as Cohere does", () =>
  withClient(async (cohere) => {
    const values = ["The moon makes the tides.", "Bees dance."];
    const { embeddings, usage } = await cohere.embedding("embed-v4.0").doEmbed({
      values,
      providerOptions: { cohere: { inputType: "search_document", truncate: "NONE", outputDimension: 512 } },
    });
    expect(embeddings.map((embedding) => Float32Array.from(embedding))).toEqual(
      values.map((text) => fakeVector(text, 512)),
    );
    // Of 25 and 11 characters.
    expect(usage).toEqual({ tokens: 10 });
    const [query] = (await cohere.embedding("embed-v4.0").doEmbed({ values: ["why?"] })).embeddings;
    expect(Float32Array.from(query!)).toEqual(fakeVector("why?", 1536));
  }));

it("refuses in a form that the AI SDK reads", async () => {
  const values = ["a"];
  await withClient(async (cohere) => {
    await expect(cohere.embedding("embed-v4.0").doEmbed({ values })).rejects.toMatchObject({
      name: "AI_APICallError",
      statusCode: 401,
      message: "the API key is not valid",
      isRetryable: false,
    });
  }, "another-key");
  await withClient(async (cohere) => {
    await expect(cohere.embedding("embed-english-v3.0").doEmbed({ values })).rejects.toMatchObject({
      name: "AI_APICallError",
      statusCode: 400,
      message: "model must be embed-v4.0",
    });
  });
});

it("ranks for the AI SDK as Cohere does", () =>
  withClient(async (cohere) => {
    const query = "why does the sea rise?";
    const values = ["Bees dance.", "The moon makes the sea rise.", "Dough rests."];
    const { ranking, response } = await cohere.reranking("rerank-v4.0-pro").doRerank({
      query,
      documents: { type: "text", values },
      topN: 2,
      providerOptions: { cohere: { maxTokensPerDoc: 512, priority: 3 } },
    });
    const scores = values.map((text) => fakeScore(query, text));
    const second = scores[0]! > scores[2]! ? 0 : 2;
    expect(ranking).toEqual([1, second].map((index) => ({ index, relevanceScore: scores[index] })));
    expect(response?.body).toMatchObject({ meta: { billed_units: { search_units: 1 } } });
  }));

it("refuses to rank in a form that the AI SDK reads", () =>
  withClient(async (cohere) => {
    const documents = { type: "text" as const, values: ["a"] };
    await expect(cohere.reranking("rerank-v3.5").doRerank({ query: "b", documents })).rejects.toMatchObject({
      name: "AI_APICallError",
      statusCode: 400,
      message: "model must be rerank-v4.0-pro",
    });
  }));
