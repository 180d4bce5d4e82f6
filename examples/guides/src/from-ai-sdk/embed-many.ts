import { fromAiSdk } from "@llx/embeddings-ai-sdk";
import { similarity } from "@llx/embeddings";
import { cosineSimilarity, embed, embedMany } from "ai";
import { startService } from "./service.ts";

const { server, theirs } = await startService();
const texts = ["The moon makes the tides.", "Bees dance.", "Bees dance.", "Iron rusts."];

const before = await embedMany({ model: theirs, values: texts });
const { embedding } = await embed({ model: theirs, value: "who dances?" });
const score = cosineSimilarity(embedding, before.embeddings[1]!);

const model = fromAiSdk(theirs);
const after = await model.getTextEmbeddingBatch(texts);
const query = await model.getQueryEmbedding("who dances?");
const same = similarity(query, after.embeddings[1]!);

console.log(`${before.embeddings.length} embeddings, ${before.usage.tokens} tokens, ${score.toFixed(4)}`);
console.log(`${after.embeddings.length} embeddings, ${after.usage?.totalTokens} tokens, ${same.toFixed(4)}`);
await model.aclose();
await server.aclose();
