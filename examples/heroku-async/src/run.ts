import assert from "node:assert/strict";
import { asyncRun, type AsyncRunContext } from "@llx/async";
import { type Embedding, type EmbeddingModel, similarity } from "@llx/embeddings";
import { openModel } from "./open-model.ts";
import { texts } from "./texts.ts";

/** Embeds the texts one by one and together, and compares them. Ctrl-C and errors close what is open. */
export function run(print: (line: string) => void): Promise<void> {
  return asyncRun(async (context) => {
    const model = await openModel(context, print);
    await embedOneByOne(model, context, print);
    const { embeddings } = await model.getTextEmbeddingBatch(texts, { signal: context.signal });
    assert.equal(embeddings.length, texts.length, "there must be an embedding for each text");
    print(`\nGenerated ${embeddings.length} embeddings`);
    printSimilarities(embeddings, print);
  });
}

async function embedOneByOne(
  model: EmbeddingModel,
  { signal }: AsyncRunContext,
  print: (line: string) => void,
): Promise<void> {
  for (const [index, text] of texts.entries()) {
    // oxlint-disable-next-line no-await-in-loop -- to show it; together is faster
    const embedding = await model.getTextEmbedding(text, { signal });
    assert.equal(embedding.length, model.dimensions, "an embedding must have the model's dimensions");
    print(`\nText ${index + 1}: ${text.slice(0, 50)}...`);
    print(`Dimension: ${embedding.length}`);
    print(
      `First five values: ${Array.from(embedding.subarray(0, 5), (value) => value.toFixed(4)).join(", ")}`,
    );
  }
}

/** Each pair once. */
function printSimilarities(embeddings: readonly Embedding[], print: (line: string) => void): void {
  for (const [i, a] of embeddings.entries()) {
    for (const [after, b] of embeddings.slice(i + 1).entries()) {
      print(`Similarity of text ${i + 1} and text ${i + 2 + after}: ${similarity(a, b).toFixed(4)}`);
    }
  }
}
