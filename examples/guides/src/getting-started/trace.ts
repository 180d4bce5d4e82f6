import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { topK } from "@llx/embeddings";
import { localEmbedding } from "@llx/embeddings-local";

const texts = [
  "Honey bees dance to show where flowers are.",
  "The moon pulls the water of the oceans.",
  "Dough rests until it has doubled in size.",
];

const debug = new DebugHandler({ sink: process.stdout });
const callbackManager = new CallbackManager({ handlers: [debug] });
const model = localEmbedding({ callbackManager });

await callbackManager.asTrace("search", async () => {
  const { embeddings } = await model.getTextEmbeddingBatch(texts);
  const question = await model.getQueryEmbedding("Why does the sea rise and fall?");
  for (const { index } of topK(question, embeddings, 1)) console.log(texts[index]);
});
debug.printTraceMap();
await model.aclose();
