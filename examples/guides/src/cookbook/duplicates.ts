import { topK } from "@llx/embeddings";
import { fakeEmbedding } from "@llx/embeddings/testing";

const model = fakeEmbedding({ dimensions: 64 }); // or openaiEmbedding(), localEmbedding(), …
const titles = ["The moon", "Bread", "A moon", "The moon", "Bees"];
const { embeddings } = await model.getTextEmbeddingBatch(titles);

for (const [index, embedding] of embeddings.entries()) {
  const [nearest] = topK(embedding, embeddings.slice(0, index), 1);
  if (nearest !== undefined && nearest.score > 0.95) {
    console.log(`${index} "${titles[index]}" repeats ${nearest.index}`);
  }
}
await model.aclose();
