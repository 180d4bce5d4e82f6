import type { FakeAsk, FakeReply } from "@llx/embeddings/testing";
import { describe, expect, it } from "vitest";
import { fakeIsaacus } from "./testing.ts";

const service = fakeIsaacus();
const model = "kanon-2-embedder";

const headers = { authorization: "Bearer iuak_v1_fake_key", "content-type": "application/json" };
const good = { method: "POST", path: "/v1/embeddings", headers, body: { model, texts: "a" } };
const send = (body: unknown): FakeAsk | FakeReply => service.read({ ...good, body });

describe("the fake of Isaacus", () => {
  it("accepts what the documents allow", () => {
    const ask = { texts: ["a"], dimensions: 1792, elementType: "float", encoding: "json" };
    expect(service.read(good)).toEqual(ask);
    expect(send({ model, texts: ["a"], task: null, overflow_strategy: null, dimensions: null })).toEqual(ask);
    const all = { task: "retrieval/query", overflow_strategy: "drop_end", dimensions: 256 };
    expect(send({ model, texts: ["a"], ...all })).toEqual({ ...ask, dimensions: 256 });
  });

  it.each([
    ["another path", { path: "/embeddings" }, 404],
    ["another method", { method: "GET" }, 405],
    ["no key", { headers: { ...headers, authorization: undefined } }, 401],
    ["a wrong key", { headers: { ...headers, authorization: "Bearer x" } }, 401],
    ["another content type", { headers: { ...headers, "content-type": "text/plain" } }, 400],
    ["no JSON", { body: undefined }, 400],
  ])("refuses %s with a problem report", (_what, change, status) => {
    expect(service.read({ ...good, ...change })).toEqual({
      status,
      headers: { "content-type": "application/problem+json" },
      body: {
        type: "about:blank",
        title: expect.any(String) as string,
        status,
        detail: expect.any(String) as string,
        instance: "/v1/embeddings",
      },
    });
  });

  it.each([
    ["model must be kanon-2-embedder", { texts: "a" }],
    ["texts must be a string or an array of strings", { model }],
    ["texts must have 1 to 128 texts, not 0", { model, texts: [] }],
    ["texts must have 1 to 128 texts, not 129", { model, texts: new Array<string>(129).fill("a") }],
    ["texts[1] must be a string", { model, texts: ["a", 5] }],
    ["texts[1] is blank", { model, texts: ["a", " \n"] }],
    ["task must be one of retrieval/query, retrieval/document", { model, texts: "a", task: "document" }],
    ["dimensions must be one of 1792, 1024, 768, 512, 256", { model, texts: "a", dimensions: 100 }],
    ["dimensions must be one of 1792, 1024, 768, 512, 256", { model, texts: "a", dimensions: "256" }],
    ["overflow_strategy must be one of drop_end", { model, texts: "a", overflow_strategy: "drop" }],
    ["there is no field input", { model, input: "a", texts: "a" }],
  ])("refuses fields: %s", (detail, body) => {
    expect(send(body)).toMatchObject({ status: 400, body: { detail } });
  });

  it("refuses a text of more than 16,384 tokens only if it must not be cut", () => {
    const texts = ["a", "x".repeat(4 * 16_384 + 1)];
    expect(send({ model, texts, overflow_strategy: null })).toMatchObject({
      status: 400,
      body: { detail: "texts[1] has more than 16384 tokens" },
    });
    expect(send({ model, texts })).toMatchObject({ texts });
    expect(send({ model, texts, overflow_strategy: "drop_end" })).toMatchObject({ texts });
  });

  it("responds in the documented form, with usage", () => {
    const texts = ["12345", "x".repeat(100_000)];
    const ask: FakeAsk = { texts, dimensions: 2, elementType: "float", encoding: "json" };
    const items = [
      { index: 1, embedding: [0, 1] },
      { index: 0, embedding: [1, 0] },
    ];
    expect(service.answer(items, ask)).toEqual({
      status: 200,
      body: { embeddings: items, usage: { input_tokens: 2 + 16_384 } },
    });
  });

  it("responds as a gateway for statuses without a documented problem report", () => {
    expect(service.refuse(503, "busy")).toEqual({
      status: 503,
      body: "<html><body><h1>503 busy</h1></body></html>",
    });
  });
});
