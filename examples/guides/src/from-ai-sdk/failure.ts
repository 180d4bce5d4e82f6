import { EmbeddingBatchError } from "@llx/embeddings";
import { fromAiSdk } from "@llx/embeddings-ai-sdk";
import { embedMany } from "ai";
import { startService } from "./service.ts";

const { server, theirs } = await startService({ textsPerRequest: 2 });
const texts = ["one", "two", "three", "four", "five", "six"];

server.plan("none", "none", { kind: "status", status: 400 });
try {
  await embedMany({ model: theirs, values: texts, maxParallelCalls: 1 });
} catch (error) {
  console.log("embedMany:", String(error));
}

const model = fromAiSdk(theirs, { workers: 1 });
server.plan("none", "none", { kind: "status", status: 400 });
try {
  await model.getTextEmbeddingBatch(texts);
} catch (error) {
  if (!(error instanceof EmbeddingBatchError)) throw error;
  const { partial, failed } = error;
  console.log("kept:", texts.filter((_, index) => partial.embeddings[index]).join(", "));
  console.log("failed:", failed.map(({ index }) => texts[index]).join(", "));
}
await model.aclose();
await server.aclose();
