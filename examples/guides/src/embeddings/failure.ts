// A service rejects a request: what was embedded is kept, and the rejected text is found.
import { EmbeddingBatchError, type EmbeddingModel } from "@llx/embeddings";
import { openaiEmbedding } from "@llx/embeddings-openai";
import { fakeOpenai } from "@llx/embeddings-openai/testing";
import { startEmbeddingServer } from "@llx/embeddings/testing";

async function embed(model: EmbeddingModel, texts: readonly string[]): Promise<void> {
  try {
    await model.getTextEmbeddingBatch(texts);
  } catch (error) {
    if (!(error instanceof EmbeddingBatchError)) throw error;
    console.log(error.message);
    console.log("kept:", error.partial.embeddings.filter((embedding) => embedding !== undefined).length);
  }
}

async function embedAll(
  model: EmbeddingModel,
  texts: readonly string[],
): Promise<(Float32Array | undefined)[]> {
  const { embeddings, failed } = await model.getTextEmbeddingBatch(texts, { settle: true });
  for (const { index, error } of failed) console.log(index, (error as Error).message);
  return embeddings;
}

const service = fakeOpenai();
const server = await startEmbeddingServer(service);
const model = openaiEmbedding({
  apiKey: service.apiKey,
  baseUrl: `${server.url}/v1`,
  provider: "OpenAI",
  limits: { inputs: 2 },
  workers: 1,
  retry: { delay: 10 },
});
const texts = ["one", "two", "three", "four", "five"];

server.plan("none", { kind: "status", status: 400, message: "not these" });
await embed(model, texts);

texts[3] = "too long ".repeat(10_000);
const embeddings = await embedAll(model, texts);
console.log("embedded:", embeddings.filter((embedding) => embedding !== undefined).length);

server.plan({ kind: "status", status: 503 }, { kind: "reset" });
const before = server.requests.length;
await model.getTextEmbedding("one");
console.log("requests for one text:", server.requests.length - before);

await model.aclose();
await server.aclose();
