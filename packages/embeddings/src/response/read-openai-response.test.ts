import { expect, it } from "vitest";
import { readOpenaiResponse } from "./read-openai-response.ts";

const data = [{ index: 0, embedding: [1] }];

it("reads vectors, usage and model, and keeps what the client read", () => {
  const body = { data, model: "small", usage: { prompt_tokens: 1, total_tokens: 2 } };
  const response = { body, requestId: "r-1", rateLimits: {} };
  const usage = { inputTokens: 1, totalTokens: 2 };
  expect(readOpenaiResponse(response)).toEqual({ ...response, embeddings: data, usage, model: "small" });
});

it.each([null, 5, [], {}, { usage: null }, { usage: "none", model: 5 }])(
  "reads %j as a response without all",
  (body) => {
    const read = { embeddings: undefined, model: undefined, usage: {} };
    expect(readOpenaiResponse({ body })).toEqual({ body, ...read });
  },
);
