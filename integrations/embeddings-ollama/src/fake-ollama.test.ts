import type { FakeAsk, FakeReply } from "@llx/embeddings/testing";
import { describe, expect, it } from "vitest";
import { fakeOllama } from "./testing.ts";

const service = fakeOllama();
const model = "embeddinggemma";

const headers = { "content-type": "application/json" };
const good = { method: "POST", path: "/api/embed", headers, body: { model, input: ["a"] } };
const send = (body: unknown): FakeAsk | FakeReply => service.read({ ...good, body });
const error = expect.any(String) as string;

describe("the fake of Ollama", () => {
  it("accepts what the documents allow", () => {
    const ask = { texts: ["a"], dimensions: 768, elementType: "float", encoding: "json" };
    expect(service.read(good)).toEqual(ask);
    expect(send({ model: `${model}:latest`, input: "a" })).toEqual(ask);
    const all = { truncate: true, dimensions: 256, keep_alive: "10m", options: { num_ctx: 512 } };
    expect(send({ model, input: ["a"], ...all })).toEqual({ ...ask, dimensions: 256 });
    // More than the model has, or 0, is ignored.
    expect(send({ model, input: ["a"], dimensions: 9999 })).toEqual(ask);
    expect(send({ model, input: ["a"], dimensions: 0 })).toEqual(ask);
    expect(send({ model, input: [" "] })).toEqual({ ...ask, texts: [" "] });
  });

  it.each([
    ["another path", { path: "/v1/embed" }, 404, "404 page not found"],
    ["another method", { method: "GET" }, 405, { error }],
    ["no JSON", { body: undefined }, 400, { error }],
  ])("refuses %s", (_what, change, status, body) => {
    expect(service.read({ ...good, ...change })).toEqual({ status, body });
  });

  it("requires a key only like a proxy that has one", () => {
    const proxied = fakeOllama({ apiKey: "secret-key-of-a-proxy" });
    expect(proxied.read(good)).toMatchObject({ status: 401 });
    const authorization = "Bearer secret-key-of-a-proxy";
    expect(proxied.read({ ...good, headers: { ...headers, authorization } })).toMatchObject({ texts: ["a"] });
  });

  it.each([
    [{ model }, 400, "input must be a string or an array of strings"],
    [{ model, input: ["a", 5] }, 400, "input[1] must be a string"],
    [{ model, input: ["a", ""] }, 400, "input[1] is empty"],
    [{ model, input: "a", dimensions: -1 }, 400, "dimensions must be a whole number from 0"],
    [{ model, input: "a", prompt: "a" }, 400, "there is no field prompt"],
    [{ model: "other", input: "a" }, 404, 'model "other" not found, try pulling it first'],
    [
      { model, input: "x".repeat(4 * 2048 + 1), truncate: false },
      400,
      "the input length exceeds the context length",
    ],
  ])("refuses the fields of case %#", (body, status, message) => {
    expect(send(body)).toEqual({ status, body: { error: message } });
  });

  it("cuts a text that is too long, unless it must not", () => {
    const input = ["x".repeat(4 * 2048 + 1)];
    expect(send({ model, input })).toMatchObject({ texts: input });
    expect(send({ model, input: ["x".repeat(4 * 2048)], truncate: false })).toMatchObject({
      dimensions: 768,
    });
  });

  it("responds in the documented form, in order, with the tokens that were read", () => {
    const ask: FakeAsk = { texts: ["12345", "x"], dimensions: 2, elementType: "float", encoding: "json" };
    const items = [
      { index: 0, embedding: [1, 0] },
      { index: 1, embedding: [0, 1] },
    ];
    expect(service.answer(items, ask)).toEqual({
      status: 200,
      body: {
        model,
        embeddings: [
          [1, 0],
          [0, 1],
        ],
        total_duration: expect.any(Number) as number,
        load_duration: expect.any(Number) as number,
        prompt_eval_count: 3,
      },
    });
  });
});
