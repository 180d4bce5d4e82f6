import { asyncRun } from "@llx/async";
import { type EmbeddingModel, topK } from "@llx/embeddings";
import { localEmbedding } from "@llx/embeddings-local";
import { openaiEmbedding } from "@llx/embeddings-openai";

const texts = ["Honey bees dance to show where flowers are.", "The moon pulls the water of the oceans."];

async function answer(model: EmbeddingModel, question: string, signal: AbortSignal): Promise<void> {
  const { embeddings } = await model.getTextEmbeddingBatch(texts, { signal });
  const query = await model.getQueryEmbedding(question, { signal });
  for (const { index } of topK(query, embeddings, 1)) console.log(`${model.provider}: ${texts[index]}`);
}

await asyncRun(async ({ own, signal }) => {
  const model = own(process.env["OPENAI_API_KEY"] ? openaiEmbedding() : localEmbedding());
  await answer(model, "Why does the sea rise and fall?", signal);
});
