import type { FakeAsk, FakeReply } from "@llx/embeddings/testing";
import { describe, expect, it } from "vitest";
import { fakeVoyage } from "./testing.ts";

const service = fakeVoyage();
const model = "voyage-4";

const headers = { authorization: "Bearer pa-fake-key-of-voyage", "content-type": "application/json" };
const good = { method: "POST", path: "/v1/embeddings", headers, body: { model, input: "a" } };
const send = (body: unknown): FakeAsk | FakeReply => service.read({ ...good, body });
const sendTo = (other: string, body: object): FakeAsk | FakeReply =>
  fakeVoyage({ model: other }).read({ ...good, body: { model: other, ...body } });

/** Texts of 30,000 tokens each, of at most 32,000. */
const long = (count: number): string[] => new Array<string>(count).fill("x".repeat(120_000));

describe("the fake of Voyage", () => {
  it("accepts what the documents allow", () => {
    const ask = { texts: ["a"], dimensions: 1024, elementType: "float", encoding: "json" };
    expect(service.read(good)).toEqual(ask);
    const nothing = { input_type: null, output_dimension: null, encoding_format: null };
    expect(send({ model, input: [" "], ...nothing })).toEqual({ ...ask, texts: [" "] });
    expect(
      send({
        model,
        input: ["a"],
        input_type: "query",
        truncation: false,
        output_dimension: 256,
        output_dtype: "ubinary",
        encoding_format: "base64",
      }),
    ).toEqual({ ...ask, dimensions: 256, elementType: "ubinary", encoding: "base64" });
  });

  it.each([
    ["another path", { path: "/embeddings" }, 404],
    ["another method", { method: "GET" }, 405],
    ["no key", { headers: { ...headers, authorization: undefined } }, 401],
    ["a wrong key", { headers: { ...headers, authorization: "Bearer x" } }, 401],
    ["another content type", { headers: { ...headers, "content-type": "text/plain" } }, 400],
    ["no JSON", { body: undefined }, 400],
  ])("refuses %s", (_what, change, status) => {
    const detail = expect.any(String) as string;
    expect(service.read({ ...good, ...change })).toEqual({ status, body: { detail } });
  });

  it.each([
    [{ input: "a" }, "model must be voyage-4"],
    [{ model }, "input must be a string or an array of strings"],
    [{ model, input: [] }, "input must have 1 to 1000 texts, not 0"],
    [{ model, input: new Array<string>(1001).fill("a") }, "input must have 1 to 1000 texts, not 1001"],
    [{ model, input: ["a", 5] }, "input[1] must be a string"],
    [{ model, input: ["a", ""] }, "input[1] is empty"],
    [{ model, input: "a", input_type: "search" }, "input_type must be one of query, document"],
    [{ model, input: "a", truncation: null }, "truncation must be one of true, false"],
    [{ model, input: "a", output_dimension: 100 }, "output_dimension must be one of 256, 512, 1024, 2048"],
    [
      { model, input: "a", output_dtype: "int4" },
      "output_dtype must be one of float, int8, uint8, binary, ubinary",
    ],
    [{ model, input: "a", encoding_format: "float" }, "encoding_format must be one of base64"],
    [{ model, input: "a", dimensions: 256 }, "there is no field dimensions"],
  ])("refuses the fields %j", (body, detail) => {
    expect(send(body)).toEqual({ status: 400, body: { detail } });
  });

  it("cuts texts of more than 32,000 tokens unless that is ruled out, and counts what is left", () => {
    const texts = new Array<string>(10).fill("x".repeat(4 * 40_000));
    expect(send({ model, input: ["x".repeat(4 * 32_000 + 1)], truncation: false })).toEqual({
      status: 400,
      body: { detail: "input[0] has more than 32000 tokens" },
    });
    expect(send({ model, input: texts })).toMatchObject({ texts });
    expect(send({ model, input: [...texts, "a"] })).toMatchObject({
      body: { detail: "input has 320001 tokens, at most 320000 are allowed" },
    });
  });

  it.each([
    ["voyage-4-large", 4],
    ["voyage-4", 10],
    ["voyage-4-lite", 33],
    ["voyage-code-4", 10],
    ["voyage-3-large", 4],
    ["voyage-3.5", 10],
    ["voyage-3.5-lite", 33],
    ["voyage-code-3", 4],
    ["voyage-finance-2", 4],
  ])("takes for %s %i texts of 30,000 tokens, and no more", (other, most) => {
    expect(sendTo(other, { input: long(most) })).toHaveProperty("texts");
    expect(sendTo(other, { input: long(most + 1) })).toMatchObject({ status: 400 });
  });

  it("knows models without a choice, and with a shorter context", () => {
    expect(sendTo("voyage-law-2", { input: "a", output_dimension: 256 })).toMatchObject({
      body: { detail: "output_dimension must be one of 1024" },
    });
    expect(sendTo("voyage-finance-2", { input: "a", output_dtype: "int8" })).toMatchObject({
      body: { detail: "output_dtype must be one of float" },
    });
    expect(sendTo("voyage-law-2", { input: ["x".repeat(64_001)], truncation: false })).toMatchObject({
      body: { detail: "input[0] has more than 16000 tokens" },
    });
  });

  it("responds in the documented form, with usage", () => {
    const texts = ["12345", "x".repeat(4 * 40_000)];
    const ask: FakeAsk = { texts, dimensions: 2, elementType: "float", encoding: "json" };
    const items = [
      { index: 1, embedding: [0, 1] },
      { index: 0, embedding: [1, 0] },
    ];
    expect(service.answer(items, ask)).toEqual({
      status: 200,
      body: {
        object: "list",
        data: [
          { object: "embedding", index: 1, embedding: [0, 1] },
          { object: "embedding", index: 0, embedding: [1, 0] },
        ],
        model,
        usage: { total_tokens: 2 + 32_000 },
      },
    });
  });
});
