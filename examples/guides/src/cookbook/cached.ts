import { fakeEmbedding } from "@llx/embeddings/testing";

let paid = 0;
const store = new Map<string, string>(); // or Keyv with Redis, SQLite, …
const model = fakeEmbedding({ cache: store, respond: ({ texts }) => void (paid += texts.length) });

await model.getTextEmbeddingBatch(["one", "two", "two"]);
await model.getTextEmbeddingBatch(["one", "two", "three"]);
console.log("texts paid for:", paid);
await model.aclose();
