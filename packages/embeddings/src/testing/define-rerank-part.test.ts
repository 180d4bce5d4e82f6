import { describe, expect, it } from "vitest";
import { defineFakeService } from "./define-fake-service.ts";
import type { FakeReply, FakeRerankAsk } from "./fake-service.ts";

const service = defineFakeService({
  apiKey: "fake-key-of-tulip",
  keyHeaders: { "x-key": "fake-key-of-tulip" },
  path: "/v1/embed",
  dimensions: 2,
  fields: {},
  texts: { field: "texts", limits: { inputs: 1 } },
  respond: () => ({ body: {} }),
  refuse: (status, message) => ({ status, body: { reason: message } }),
  rerank: {
    path: "/v1/rank",
    model: "tulip-rank",
    topN: "most",
    fields: { cut: [true, undefined] },
    texts: {
      field: "texts",
      limits: { inputs: 3, tokensPerQuery: 2, tokensPerInput: 3, tokensPerPair: 4, tokens: 8 },
      truncates: ({ cut }) => cut === true,
    },
    respond: (results, tokens, { topN }) => ({ body: { results, tokens, topN } }),
  },
});
const part = service.rerank!;
const request = {
  method: "POST",
  path: "/v1/rank?trace=1",
  headers: { "x-key": "fake-key-of-tulip", "content-type": "application/json" },
};
const body = { model: "tulip-rank", query: "cat", texts: ["a dog", "a bird"] };

const read = (change: object, more: object = {}): FakeRerankAsk | FakeReply =>
  part.read({ ...request, ...more, body: { ...body, ...change } });

describe("the part of a fake service that ranks texts", () => {
  it("reads what a request asks for", () => {
    expect(read({})).toEqual({ query: "cat", texts: body.texts, topN: 2 });
    expect(read({ most: 1 })).toEqual({ query: "cat", texts: body.texts, topN: 1 });
    expect(read({ most: 9 })).toEqual({ query: "cat", texts: body.texts, topN: 2 });
  });

  it("responds with the tokens of the request, the query once for each text", () => {
    const ask = read({}) as FakeRerankAsk;
    const results = [{ index: 0, score: 0.5 }];
    // Four characters are a token: 2 × 1 for the query, 2 for each text.
    expect(part.answer(results, ask)).toEqual({ status: 200, body: { results, tokens: 6, topN: 2 } });
  });

  it.each<[number, string, object, object?]>([
    [404, "there is nothing at /v1/embed", {}, { path: "/v1/embed" }],
    [405, "GET is not allowed here", {}, { method: "GET" }],
    [401, "the API key is not valid", {}, { headers: { "content-type": "application/json" } }],
    [400, "the content type must be application/json", {}, { headers: { "x-key": "fake-key-of-tulip" } }],
    [400, "model must be tulip-rank", { model: "other" }],
    [400, "there is no field top_n", { top_n: 3 }],
    [400, "most must be a whole number from 1", { most: 0 }],
    [400, "cut must be one of true", { cut: false }],
    [400, "query must be a string", { query: 5 }],
    [400, "query is blank", { query: " " }],
    [400, "texts must be an array of strings", { texts: "a" }],
    [400, "texts[1] must be a string", { texts: ["a", null] }],
    [400, "texts[1] is blank", { texts: ["a", ""] }],
    [400, "texts must have 1 to 3 texts, not 0", { texts: [] }],
    [400, "texts must have 1 to 3 texts, not 4", { texts: ["a", "b", "c", "d"] }],
    [400, "query has more than 2 tokens", { query: "123456789" }],
    [400, "texts[1] has more than 3 tokens", { texts: ["a", "1234567890123"] }],
    [400, "query and texts[0] have more than 4 tokens", { query: "12345", texts: ["123456789"] }],
    [400, "the request has 9 tokens, at most 8 are allowed", { texts: ["12345", "12345", "12345"] }],
  ])("refuses with %d: %s", (status, reason, change, more) => {
    expect(read(change, more)).toEqual({ status, body: { reason } });
  });

  it("accepts what is too long if it is to be cut", () => {
    const texts = ["x".repeat(100)];
    expect(read({ query: "y".repeat(100), texts, cut: true })).toMatchObject({ texts, topN: 1 });
    expect(read({ texts: ["a", "b", "c", "d"], cut: true })).toMatchObject({ status: 400 });
  });
});
