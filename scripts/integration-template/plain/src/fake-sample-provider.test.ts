import type { FakeAsk, FakeReply } from "@llx/embeddings/testing";
import { describe, expect, it } from "vitest";
import { fakeSampleProvider } from "./testing.ts";

// Fill in: in the tests below, the path, how the key is sent, and the fields `texts`, `purpose` and `size`.
const service = fakeSampleProvider();
const model = "sample-embed";

const headers = { authorization: "Bearer fake-key-7f3a9c2e51d8", "content-type": "application/json" };
const good = { method: "POST", path: "/v1/embed", headers, body: { model, texts: ["a"], purpose: "store" } };
const send = (body: unknown): FakeAsk | FakeReply => service.read({ ...good, body });

describe("the fake of Sample Provider", () => {
  it("accepts what the documents allow", () => {
    const ask = { texts: ["a"], dimensions: 1024, elementType: "float", encoding: "json" };
    expect(service.read(good)).toEqual(ask);
    expect(send({ model, texts: ["a", "b"], purpose: "search" })).toEqual({ ...ask, texts: ["a", "b"] });
    expect(send({ model, texts: ["a"], purpose: "store", size: 256 })).toEqual({ ...ask, dimensions: 256 });
  });

  it.each([
    ["another path", { path: "/embed" }, 404],
    ["another method", { method: "GET" }, 405],
    ["no key", { headers: { ...headers, authorization: undefined } }, 401],
    ["a wrong key", { headers: { ...headers, authorization: "Bearer x" } }, 401],
    ["another content type", { headers: { ...headers, "content-type": "text/plain" } }, 400],
    ["no JSON", { body: undefined }, 400],
  ])("refuses %s", (_what, change, status) => {
    const reason = expect.any(String) as string;
    expect(service.read({ ...good, ...change })).toEqual({ status, body: { reason } });
  });

  it.each([
    ["model must be sample-embed", { texts: ["a"] }],
    ["purpose must be one of store, search", { model }],
    ["purpose must be one of store, search", { model, purpose: "find" }],
    ["texts must be an array of strings", { model, purpose: "store", texts: "a" }],
    ["texts must have 1 to 128 texts, not 0", { model, purpose: "store", texts: [] }],
    [
      "texts must have 1 to 128 texts, not 129",
      { model, purpose: "store", texts: new Array<string>(129).fill("a") },
    ],
    ["texts[1] must be a string", { model, purpose: "store", texts: ["a", 5] }],
    ["texts[1] is blank", { model, purpose: "store", texts: ["a", " "] }],
    ["texts[0] has more than 8192 characters", { model, purpose: "store", texts: ["x".repeat(8193)] }],
    ["there is no field input", { model, purpose: "store", texts: ["a"], input: "a" }],
  ])("refuses fields: %s", (reason, body) => {
    expect(send(body)).toEqual({ status: 400, body: { reason } });
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
    const vectors = [
      { place: 1, values: [0, 1] },
      { place: 0, values: [1, 0] },
    ];
    expect(service.answer(items, ask)).toEqual({ status: 200, body: { vectors, usage: { tokens: 3 } } });
  });
});
