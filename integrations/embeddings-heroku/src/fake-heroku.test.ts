import type { FakeAsk, FakeReply } from "@llx/embeddings/testing";
import { describe, expect, it } from "vitest";
import { fakeHeroku } from "./testing.ts";

const service = fakeHeroku();
const model = "cohere-embed-multilingual";

const headers = { authorization: "Bearer inf-fake-key", "content-type": "application/json" };
const good = { method: "POST", path: "/v1/embeddings", headers, body: { model, input: "a" } };
const send = (body: unknown): FakeAsk | FakeReply => service.read({ ...good, body });

describe("the fake of Heroku", () => {
  it("accepts what the documents allow", () => {
    const ask = { texts: ["a"], dimensions: 1024, elementType: "float", encoding: "json" };
    expect(service.read(good)).toEqual(ask);
    expect(send({ model, input: ["a"], input_type: "clustering", encoding_format: "raw" })).toEqual(ask);
    expect(send({ model, input: ["a"], allow_ignored_params: true, more: 1 })).toEqual(ask);
    expect(send({ model, input: ["a"], embedding_type: "ubinary", encoding_format: "base64" })).toEqual({
      ...ask,
      elementType: "ubinary",
      encoding: "base64",
    });
  });

  it.each([
    ["another path", { path: "/v2/embeddings" }, 404, "invalid_request_error"],
    ["another method", { method: "GET" }, 405, "invalid_request_error"],
    ["no key", { headers: { ...headers, authorization: undefined } }, 401, "authentication_error"],
    ["a wrong key", { headers: { ...headers, authorization: "Bearer x" } }, 401, "authentication_error"],
    ["another content type", { headers: { ...headers, "content-type": "text/plain" } }, 400, undefined],
    ["no JSON", { body: undefined }, 400, undefined],
  ])("refuses %s", (_what, change, status, type = "invalid_request_error") => {
    const reply = service.read({ ...good, ...change }) as FakeReply;
    expect(reply).toEqual({
      status,
      body: { error: { code: status, message: expect.any(String) as string, type } },
    });
  });

  it.each([
    [`model must be ${model}`, { input: "a" }],
    ["input must be a string or an array of strings", { model }],
    ["input must have 1 to 96 texts, not 0", { model, input: [] }],
    ["input must have 1 to 96 texts, not 97", { model, input: new Array<string>(97).fill("a") }],
    ["input[1] must be a string", { model, input: ["a", 5] }],
    ["input[1] is blank", { model, input: ["a", " "] }],
    ["input[0] has more than 2048 characters", { model, input: ["x".repeat(2049)] }],
    ["input_type must be one of search_document, ", { model, input: "a", input_type: "document" }],
    ["input_type must be one of search_document, ", { model, input: "a", input_type: null }],
    ["encoding_format must be one of raw, base64", { model, input: "a", encoding_format: "float" }],
    ["embedding_type must be one of float, int8, ", { model, input: "a", embedding_type: ["int8"] }],
    ["there is no field dimensions", { model, input: "a", dimensions: 256 }],
    ["allow_ignored_params must be one of true, false", { model, input: "a", allow_ignored_params: "yes" }],
  ])("refuses fields: %s", (message, body) => {
    expect(send(body)).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining(message) as string } },
    });
  });

  it("states a wait as the time to the reset of a limit, in whole seconds", () => {
    expect(service.refuse(429, "slow down", 1200)).toMatchObject({
      status: 429,
      headers: { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "2s" },
    });
    expect(service.refuse(429, "slow down")).not.toHaveProperty("headers");
  });

  it("responds in the documented form, with usage and rate limits", () => {
    const ask: FakeAsk = { texts: ["12345", "1"], dimensions: 2, elementType: "float", encoding: "json" };
    const items = [
      { index: 1, embedding: [0, 1] },
      { index: 0, embedding: "AAAA" },
    ];
    expect(service.answer(items, ask)).toEqual({
      status: 200,
      headers: {
        "x-ratelimit-limit-requests": "500",
        "x-ratelimit-remaining-requests": "499",
        "x-ratelimit-reset-requests": "60s",
        "x-ratelimit-limit-tokens": "800000",
        "x-ratelimit-remaining-tokens": "799997",
        "x-ratelimit-reset-tokens": "60s",
      },
      body: {
        object: "list",
        model,
        data: [
          { object: "embedding", index: 1, embedding: [0, 1] },
          { object: "embedding", index: 0, embedding: "AAAA" },
        ],
        usage: { prompt_tokens: 3, total_tokens: 3 },
      },
    });
  });
});
