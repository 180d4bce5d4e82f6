import { EmbeddingBatchError } from "@llx/embeddings";
import { fakeEmbedding } from "@llx/embeddings/testing";

const texts = ["one", "two", "three", "four", "five", "six"];

// A model for tests: it takes two texts per request, and here it rejects one of them.
const model = fakeEmbedding({
  limits: { inputs: 2 },
  respond(request) {
    if (request.texts.includes("five")) throw Object.assign(new Error("no, thank you"), { retryable: false });
  },
});

try {
  await model.getTextEmbeddingBatch([...texts, "  "]);
} catch (error) {
  console.log(String(error));
}

try {
  await model.getTextEmbeddingBatch(texts);
} catch (error) {
  if (!(error instanceof EmbeddingBatchError)) throw error;
  const kept = error.partial.embeddings.filter((embedding) => embedding !== undefined);
  const missing = error.failed.map(({ index }) => texts[index]);
  console.log(`${kept.length} are kept, ${missing.join(" and ")} are missing: ${String(error.cause)}`);
}
