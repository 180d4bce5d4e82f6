// Endless texts, in little memory.
import { fakeEmbedding } from "@llx/embeddings/testing";

let pulled = 0;
function* lines(): Generator<string> {
  for (;;) yield `line ${++pulled}`;
}

const model = fakeEmbedding({ limits: { inputs: 10 } });
for await (const { text, embedding } of model.streamTextEmbeddings(lines(), { workers: 2, buffer: 3 })) {
  if (text !== "line 100") continue;
  console.log(text, "has", embedding.length, "numbers");
  break;
}
console.log("pulled ahead:", pulled - 100, "lines");
await model.aclose();
