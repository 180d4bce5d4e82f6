import { toAiSdk } from "@llx/embeddings-ai-sdk";
import { fakeEmbedding } from "@llx/embeddings/testing";
import { embed, embedMany } from "ai";

const own = fakeEmbedding(); // in place of herokuEmbedding(), localEmbedding(), …

const values = ["The moon makes the tides.", "Bees dance."];
const { embeddings } = await embedMany({ model: toAiSdk(own), values });
const { embedding } = await embed({ model: toAiSdk(own, { inputType: "query" }), value: "who dances?" });

console.log(embeddings.length, embedding.length);
await own.aclose();
