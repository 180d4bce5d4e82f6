import { topK } from "@llx/embeddings";
import { localEmbedding } from "@llx/embeddings-local";

const texts = [
  "Honey bees dance to show where flowers are.",
  "The moon pulls the water of the oceans.",
  "Dough rests until it has doubled in size.",
];

const model = localEmbedding();
const { embeddings } = await model.getTextEmbeddingBatch(texts);
const question = await model.getQueryEmbedding("Why does the sea rise and fall?");
for (const { index, score } of topK(question, embeddings, 2)) {
  console.log(score.toFixed(2), texts[index]);
}
await model.aclose();
