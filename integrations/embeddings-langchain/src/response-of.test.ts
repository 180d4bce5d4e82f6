import { OpenAIEmbeddings } from "@langchain/openai";
import { EmbeddingBatchError, EmbeddingResponseError } from "@llx/embeddings";
import { describe, expect, it } from "vitest";
import { fromLangChain, LangChainError } from "./index.ts";

const settings = { model: "small", apiKey: "any", maxRetries: 0, encodingFormat: "float" } as const;

/** The client of OpenAI, with this response instead of a server's. */
const answeredWith = (body: unknown): OpenAIEmbeddings =>
  new OpenAIEmbeddings({ ...settings, configuration: { fetch: async () => Response.json(body) } });

const vector = (number: number, index?: number) => ({ object: "embedding", embedding: [number], index });

/** The result for two texts. */
async function embedTwo(embeddings: OpenAIEmbeddings, inputType: "document" | "query" = "document") {
  await using model = fromLangChain(embeddings, { retry: { attempts: 1 } });
  return await model.getTextEmbeddingBatch(["a", "b"], { inputType });
}

async function causeOf(work: Promise<unknown>): Promise<unknown> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  if (!(error instanceof EmbeddingBatchError)) throw new Error("there is no such error");
  return error.cause;
}

describe("the responses of the client of OpenAI", () => {
  it.each([
    ["in another order", [vector(20, 1), vector(10, 0)]],
    ["without an index that is 0, as in JSON of protobuf", [vector(10), vector(20, 1)]],
    ["without any index", [vector(10), vector(20)]],
  ])("are placed by their index: %s", async (_what, data) => {
    const { embeddings, usage } = await embedTwo(answeredWith({ data, usage: { prompt_tokens: 2 } }));
    expect(embeddings).toEqual([Float32Array.of(10), Float32Array.of(20)]);
    expect(usage).toEqual({ inputTokens: 2 });
  });

  it.each([
    [[vector(10, 0)], /1 embeddings for 2 texts/],
    [[], /0 embeddings for 2 texts/],
    [[vector(10, 0), vector(20, 1), vector(30, 2)], /3 embeddings for 2 texts/],
    [[vector(10, 1), vector(20)], /index 1 twice/],
    [[null, vector(20, 1)], /embedding of texts\[0\] is missing/],
    [undefined, /there is no list of embeddings/],
  ])("are refused by the engine, in its words: %j", async (data, message) => {
    const error = await causeOf(embedTwo(answeredWith({ data })));
    expect(error).toBeInstanceOf(EmbeddingResponseError);
    expect((error as Error).message).toMatch(message);
  });

  it("are also read for queries, each of which is a request", async () => {
    const { embeddings, usage } = await embedTwo(answeredWith({ data: [vector(10, 0)] }), "query");
    expect(embeddings).toEqual([Float32Array.of(10), Float32Array.of(10)]);
    expect(usage).toBeUndefined();
    const error = await causeOf(embedTwo(answeredWith({ data: [] }), "query"));
    expect((error as Error).message).toMatch(/0 embeddings for 2 texts/);
  });

  it.each([
    [{ error: { message: "model is loading", code: 503 } }, "model is loading", 503, true],
    [{ error: { message: "no such model", code: 404 } }, "no such model", 404, false],
    [{ error: "busy" }, "busy", undefined, true],
    ["words", "the response is not JSON", undefined, true],
  ])("are errors where they say so in spite of status 200: %j", async (body, words, status, retryable) => {
    const error = await causeOf(embedTwo(answeredWith(body)));
    expect(error).toBeInstanceOf(LangChainError);
    expect(error).toMatchObject({ message: `OpenAIEmbeddings: ${words}`, status, retryable });
  });

  it("are those that LangChain has read if it splits a request", async () => {
    let sent = 0;
    const fetch = async () => Response.json({ data: [vector(++sent)] });
    const embeddings = new OpenAIEmbeddings({ ...settings, batchSize: 1, configuration: { fetch } });
    await using model = fromLangChain(embeddings, { limits: { inputs: 2 } });
    const batch = await model.getTextEmbeddingBatch(["a", "b"]);
    expect(batch.embeddings).toEqual([Float32Array.of(1), Float32Array.of(2)]);
  });

  it("are those of a subclass", async () => {
    class Doubled extends OpenAIEmbeddings {
      readonly #factor = 2;

      override async embedDocuments(texts: string[]): Promise<number[][]> {
        const vectors = await super.embedDocuments(texts);
        return vectors.map((numbers) => numbers.map((number) => number * this.#factor));
      }
    }
    const fetch = async () => Response.json({ data: [vector(10, 0), vector(20, 1)] });
    const { embeddings } = await embedTwo(new Doubled({ ...settings, configuration: { fetch } }));
    expect(embeddings).toEqual([Float32Array.of(20), Float32Array.of(40)]);
  });

  it("leave the embeddings unchanged", async () => {
    const embeddings = answeredWith({ data: [vector(10, 0), vector(20, 1)] });
    await embedTwo(embeddings);
    expect(Object.hasOwn(embeddings, "embeddingWithRetry")).toBe(false);
    expect(await embeddings.embedDocuments(["a", "b"])).toEqual([[10], [20]]);
  });
});

describe("other embeddings", () => {
  const own = (vectors: unknown) => ({
    embedDocuments: async () => vectors as number[][],
    embedQuery: async () => [1],
  });

  it.each([
    [[[1]], /1 embeddings for 2 texts/],
    [[[1], undefined], /embedding of texts\[1\] is missing/],
    [undefined, /there is no list of embeddings/],
  ])("are refused by the engine, in its words, where they give %j", async (vectors, message) => {
    await using model = fromLangChain(own(vectors), { retry: { attempts: 1 } });
    const error = await causeOf(model.getTextEmbeddingBatch(["a", "b"]));
    expect(error).toBeInstanceOf(EmbeddingResponseError);
    expect((error as Error).message).toMatch(message);
  });
});
