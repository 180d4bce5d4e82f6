// A service refuses: what was embedded is kept, and what was not is done again.
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
  console.log("failed:", failed.map(({ index, error }) => `${index} (${(error as Error).name})`).join(", "));
  const again = await model.getTextEmbeddingBatch(failed.map(({ index }) => texts[index] ?? ""));
  for (const [at, { index }] of failed.entries()) embeddings[index] = again.embeddings[at];
  return embeddings;
}

const service = fakeOpenai();
const server = await startEmbeddingServer(service);
const model = openaiEmbedding({
  apiKey: service.apiKey,
  baseUrl: `${server.url}/v1`,
  limits: { inputs: 2 },
  workers: 1,
  retry: { delay: 10 },
});
const texts = ["one", "two", "three", "four", "five"];

server.plan("none", { kind: "status", status: 400, message: "not these" });
await embed(model, texts);

server.plan("none", { kind: "status", status: 400 });
const embeddings = await embedAll(model, texts);
console.log("in the end:", embeddings.filter((embedding) => embedding !== undefined).length);

server.plan({ kind: "status", status: 503 }, { kind: "reset" });
const before = server.requests.length;
await model.getTextEmbedding("one");
console.log("requests for one text:", server.requests.length - before);

await model.aclose();
await server.aclose();
