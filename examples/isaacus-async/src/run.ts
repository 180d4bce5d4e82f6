import assert from "node:assert/strict";
import { asyncRun } from "@llx/async";
import { type Embedding, type EmbeddingModel, similarity } from "@llx/embeddings";
import { openModel } from "./open-model.ts";
import { question, texts } from "./texts.ts";

type Print = (line: string) => void;

/**
 * Embeds clauses one by one and together, and compares a query with them. Ctrl-C and errors close what is open.
 */
export function run(print: Print): Promise<void> {
  return asyncRun(async (context) => {
    const { signal } = context;
    const model = await openModel(context, print);
    for (const [index, text] of texts.entries()) {
      // oxlint-disable-next-line no-await-in-loop -- to show it; together is faster
      const embedding = await model.getTextEmbedding(text, { signal });
      print(`\nText ${index + 1}: ${text.slice(0, 60)}...`);
      printEmbedding(embedding, model, print);
    }
    const { embeddings } = await model.getTextEmbeddingBatch(texts, { signal });
    assert.equal(embeddings.length, texts.length, "there must be an embedding for each text");
    print(`\nGenerated ${embeddings.length} embeddings`);

    print("\nDocument embedding (task: retrieval/document)");
    printEmbedding(await model.getTextEmbedding(texts[0]!, { signal }), model, print);
    print("\nQuery embedding (task: retrieval/query)");
    print(`Query: ${question}`);
    const query = await model.getQueryEmbedding(question, { signal });
    printEmbedding(query, model, print);
    print("");
    for (const [index, embedding] of embeddings.entries()) {
      print(`Similarity of the query and text ${index + 1}: ${similarity(query, embedding).toFixed(4)}`);
    }
  });
}

function printEmbedding(embedding: Embedding, { dimensions }: EmbeddingModel, print: Print): void {
  assert.equal(embedding.length, dimensions, "an embedding must have the model's dimensions");
  print(`Dimension: ${embedding.length}`);
  print(`First five values: ${Array.from(embedding.subarray(0, 5), (value) => value.toFixed(4)).join(", ")}`);
}
