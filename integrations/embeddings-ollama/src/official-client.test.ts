import { Ollama } from "ollama";
import { fakeVector, startEmbeddingServer } from "@llx/embeddings/testing";
import { expect, it } from "vitest";
import { fakeOllama } from "./testing.ts";

// The fake speaks Ollama's protocol, if the official client understands it.

it("responds to the official client as Ollama does", async () => {
  await using server = await startEmbeddingServer(fakeOllama());
  const ollama = new Ollama({ host: server.url });
  const input = ["The moon makes the tides.", "Bees dance."];
  const response = await ollama.embed({ model: "embeddinggemma", input, truncate: false, dimensions: 256 });
  expect(response.embeddings.map((embedding) => Float32Array.from(embedding))).toEqual(
    input.map((text) => fakeVector(text, 256)),
  );
  // Of 25 and 11 characters.
  expect(response.prompt_eval_count).toBe(10);
});

it("refuses in a form that the official client reads", async () => {
  await using server = await startEmbeddingServer(fakeOllama());
  const ollama = new Ollama({ host: server.url });
  await expect(ollama.embed({ model: "all-minilm", input: "a" })).rejects.toMatchObject({
    name: "ResponseError",
    status_code: 404,
    message: 'model "all-minilm" not found, try pulling it first',
  });
  const input = "x".repeat(4 * 2048 + 1);
  await expect(ollama.embed({ model: "embeddinggemma", input, truncate: false })).rejects.toMatchObject({
    status_code: 400,
    message: "the input length exceeds the context length",
  });
});
