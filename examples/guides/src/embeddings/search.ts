// Search by meaning: a batch of texts, a query, and the nearest ones. Computed on this machine.
import { topK } from "@llx/embeddings";
import { localEmbedding } from "@llx/embeddings-local";

const texts = ["Bees dance to show where flowers are.", "The moon makes the tides.", "Dough has to rest."];
const model = localEmbedding();
try {
  const { embeddings } = await model.getTextEmbeddingBatch(texts);
  const query = await model.getQueryEmbedding("why does the sea rise and fall?");
  for (const { index, score } of topK(query, embeddings, 2)) console.log(score.toFixed(2), texts[index]);
} finally {
  await model.aclose();
}
