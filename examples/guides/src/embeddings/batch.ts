// How a batch is sent: requests within the limits, and one vector for each text.
import { fakeEmbedding } from "@llx/embeddings/testing";

const model = fakeEmbedding({
  limits: { inputs: 3, characters: 20 },
  workers: 1,
  respond: ({ texts, inputType }) => console.log("sent:", inputType, texts.join(" ")),
});

const texts = ["one", "two", "three", "four", "one", "twelve letters", "seven"];
const { embeddings, usage, requestIds } = await model.getTextEmbeddingBatch(texts);
console.log(embeddings.length, "vectors of", embeddings[0]?.length, "numbers");
console.log(usage, requestIds.length, "requests");

await model.getQueryEmbedding("which?");
await model.aclose();
