import { expect, it } from "vitest";
import { responseForm } from "./response-form.ts";

const server = "use @llx/embeddings-openai, with a baseUrl that ends with /v1";

it.each([
  [null, "null"],
  ["a secret", "a string"],
  [7, "number 7"],
  [[], "an empty list"],
  [[[0.125, 2]], `[[…]], a list of vectors, as TEI has it at /embed: ${server}`],
  [
    [{ index: 0, embedding: [[0.125]] }],
    `[{ embedding }], a bare list, as llama.cpp has it at /embedding: ${server}`,
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
    "{ data: [{ embedding }] }, the form of OpenAI: use @llx/embeddings-openai",
  ],
  [{ data: [], object: "list", "a secret": [0.125] }, "an object with data, object"],
  [{ "a secret": [0.125] }, "an object without a known field"],
  [{}, "an object without a known field"],
])("names the form of %j, and shows none of its content", (body, words) => {
  expect(responseForm(body)).toBe(words);
});
