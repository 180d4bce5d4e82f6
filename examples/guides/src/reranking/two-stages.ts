// Two stages: vectors find candidates among all texts, and a reranker, which reads query and text together, orders them.
import { topK } from "@llx/embeddings";
import { cohereReranker } from "@llx/embeddings-cohere/rerank";
import { fakeCohere } from "@llx/embeddings-cohere/testing";
import { localEmbedding } from "@llx/embeddings-local";
import { startEmbeddingServer } from "@llx/embeddings/testing";

const service = fakeCohere();
const server = await startEmbeddingServer(service);
const { apiKey } = service;
const baseUrl = server.url;

const texts = [
  "A lease may end early if both sides agree.",
  "The tenant pays rent on the first of each month.",
  "The landlord may end the lease with a notice of 30 days.",
  "Notice must be given in writing.",
  "Bees dance to show where flowers are.",
  "A tenant who leaves early pays two months of rent.",
];
await using model = localEmbedding();
await using reranker = cohereReranker({ apiKey, baseUrl, truncate: true });
const { embeddings } = await model.getTextEmbeddingBatch(texts);

const query = "must a notice to end the lease be in writing?";
const found = topK(await model.getQueryEmbedding(query), embeddings, 4);
const candidates = found.map(({ index }) => texts[index]!);
const { results, usage } = await reranker.rerank(query, candidates, { topN: 2 });

console.log("nearest:", candidates[0]);
for (const { index, score } of results) console.log(score.toFixed(2), candidates[index]);
console.log(usage);
await server.aclose();
