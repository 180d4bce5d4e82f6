import { EmbeddingBatchError, meanEmbedding, similarity } from "@llx/embeddings";
import { fakeEmbedding } from "@llx/embeddings/testing";

const texts = ["The moon makes the tides.", "Bees dance."];
const questions = ["who dances?", "what do bees do?"];
const model = fakeEmbedding({ workers: 8, cache: true }); // in place of herokuEmbedding() and others
try {
  const { embeddings } = await model.getTextEmbeddingBatch(texts);
  const query = await model.getQueryEmbedding("who dances?");
  const scores = embeddings.map((embedding) => similarity(query, embedding, "cosine"));
  const queries = await model.getTextEmbeddingBatch(questions, { inputType: "query" });
  const mean = meanEmbedding(queries.embeddings);
  console.log(scores.length, mean.length);
} catch (error) {
  if (error instanceof EmbeddingBatchError) console.error(error.failed, error.partial.embeddings);
  throw error;
} finally {
  await model.aclose();
}
