import type { FakeAsk, FakeReply } from "@llx/embeddings/testing";
import { describe, expect, it } from "vitest";
import { fakeSampleProvider } from "./testing.ts";

// Fill in: in the tests below, the path, and what the service does otherwise than OpenAI.
const service = fakeSampleProvider();
const model = "sample-embed";

const headers = { authorization: "Bearer fake-key-7f3a9c2e51d8", "content-type": "application/json" };
const good = { method: "POST", path: "/v1/embeddings", headers, body: { model, input: "a" } };
const send = (body: unknown): FakeAsk | FakeReply => service.read({ ...good, body });

describe("the fake of Sample Provider", () => {
  it("accepts what the documents allow", () => {
    const ask = { texts: ["a"], dimensions: 1024, elementType: "float", encoding: "json" };
    expect(service.read(good)).toEqual(ask);
    expect(send({ model, input: ["a"], encoding_format: "float", user: "b" })).toEqual(ask);
    expect(send({ model, input: ["a"], dimensions: 16, encoding_format: "base64" })).toEqual({
      ...ask,
      dimensions: 16,
      encoding: "base64",
    });
  });

  it.each([
    ["another path", { path: "/embeddings" }, 404],
    ["another method", { method: "GET" }, 405],
    ["no key", { headers: { ...headers, authorization: undefined } }, 401],
    ["a wrong key", { headers: { ...headers, authorization: "Bearer x" } }, 401],
    ["another content type", { headers: { ...headers, "content-type": "text/plain" } }, 400],
    ["no JSON", { body: undefined }, 400],
  ])("refuses %s", (_what, change, status) => {
    const message = expect.any(String) as string;
    expect(service.read({ ...good, ...change })).toEqual({
      status,
      body: { error: { message, type: "invalid_request_error", param: null, code: null } },
    });
  });

  it.each([
    ["model must be sample-embed", { input: "a" }],
    ["input must be a string or an array of strings", { model }],
    ["input must have 1 to 128 texts, not 0", { model, input: [] }],
    ["input must have 1 to 128 texts, not 129", { model, input: new Array<string>(129).fill("a") }],
    ["input[1] must be a string", { model, input: ["a", 5] }],
    ["input[1] is empty", { model, input: ["a", ""] }],
    ["input[0] has more than 8192 tokens", { model, input: ["x".repeat(32_769)] }],
    ["dimensions must be a whole number from 1 to 1024", { model, input: "a", dimensions: 1025 }],
    ["encoding_format must be one of float, base64", { model, input: "a", encoding_format: "raw" }],
    ["there is no field task", { model, input: "a", task: "query" }],
  ])("refuses fields: %s", (message, body) => {
    expect(send(body)).toMatchObject({ status: 400, body: { error: { message } } });
  });

  it("states a wait in Retry-After, in seconds", () => {
    expect(service.refuse(429, "busy", 1500)).toMatchObject({
      status: 429,
      headers: { "retry-after": "1.5" },
    });
  });

  it("responds in the documented form, with usage", () => {
    const ask: FakeAsk = { texts: ["12345", "1"], dimensions: 2, elementType: "float", encoding: "json" };
    const items = [
      { index: 1, embedding: [0, 1] },
      { index: 0, embedding: [1, 0] },
    ];
    expect(service.answer(items, ask)).toEqual({
      status: 200,
      body: {
        object: "list",
        model,
        data: [
          { object: "embedding", index: 1, embedding: [0, 1] },
          { object: "embedding", index: 0, embedding: [1, 0] },
        ],
        usage: { prompt_tokens: 3, total_tokens: 3 },
      },
    });
  });
});
