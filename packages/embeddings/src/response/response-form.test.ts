import { expect, it } from "vitest";
import { answerForm } from "./response-form.ts";

const server =
  "@llx/embeddings-openai with a baseUrl that ends with /v1 reads what such a server answers there";

it.each([
  [null, "null"],
  ["a secret", "a string"],
  [7, "a number"],
  [[], "an empty list"],
  [[[0.125, 2]], `[[…]], a list of vectors, as TEI has it at /embed: ${server}`],
  [
    [{ index: 0, embedding: [[0.125]] }],
    `[{ embedding }], a list without anything around it, as llama.cpp has it at /embedding: ${server}`,
  ],
  [["a secret"], "a list of another form"],
  [
    { model: "a secret", embeddings: [[0.125]] },
    `{ embeddings: [[…]] }, as Ollama has it at /api/embed: ${server}`,
  ],
  [{ embedding: [0.125] }, `{ embedding: […] }, as Ollama has it at /api/embeddings: ${server}`],
  [{ embedding: Float32Array.of(1) }, `{ embedding: […] }, as Ollama has it at /api/embeddings: ${server}`],
  [
    { data: [{ embedding: [0.125] }] },
    "{ data: [{ embedding }] }, the form of OpenAI: @llx/embeddings-openai reads it",
  ],
  [{ data: [], object: "list", "a secret": [0.125] }, "an object with data, object"],
  [{ "a secret": [0.125] }, "an object without a known field"],
  [{}, "an object without a known field"],
])("the form of %j is told, and nothing of what is in it", (body, words) => {
  expect(answerForm(body)).toBe(words);
});
