import type { FakeAsk, FakeReply } from "@llx/embeddings/testing";
import { describe, expect, it } from "vitest";
import { fakeMistral } from "./testing.ts";

const service = fakeMistral();
const model = "mistral-embed";

const headers = { authorization: "Bearer fake-key-of-mistral", "content-type": "application/json" };
const good = { method: "POST", path: "/v1/embeddings", headers, body: { model, input: "a" } };
const send = (body: unknown): FakeAsk | FakeReply => service.read({ ...good, body });
const reason = expect.any(String) as string;

describe("the fake of Mistral", () => {
  it("accepts what the documents allow", () => {
    const ask = { texts: ["a"], dimensions: 1024, elementType: "float", encoding: "json" };
    expect(service.read(good)).toEqual(ask);
    const all = { metadata: { of: "tests" }, output_dimension: null, encoding_format: "float" };
    expect(send({ model, input: ["a"], ...all })).toEqual(ask);
    const codestral = fakeMistral({ model: "codestral-embed", dimensions: 1536 });
    const body = { model: "codestral-embed", input: "a" };
    expect(codestral.read({ ...good, body })).toEqual({ ...ask, dimensions: 1536 });
    const more = { output_dimension: 3072, output_dtype: "ubinary", encoding_format: "base64" };
    expect(codestral.read({ ...good, body: { ...body, ...more } })).toEqual({
      ...ask,
      dimensions: 3072,
      elementType: "ubinary",
      encoding: "base64",
    });
  });

  it.each([
    ["another path", { path: "/embeddings" }, 404, { detail: reason }],
    ["another method", { method: "GET" }, 405, { detail: reason }],
    ["no key", { headers: { ...headers, authorization: undefined } }, 401, { detail: reason }],
    ["a wrong key", { headers: { ...headers, authorization: "Bearer x" } }, 401, { detail: reason }],
    [
      "no JSON",
      { body: undefined },
      422,
      {
        object: "error",
        message: {
          detail: [{ type: "value_error", loc: ["body"], msg: "the body must be an object" }],
        },
        type: "invalid_request_error",
        param: null,
        code: null,
        raw_status_code: 422,
      },
    ],
  ])("refuses %s", (_what, change, status, body) => {
    expect(service.read({ ...good, ...change })).toEqual({ status, body });
  });

  it.each([
    [{ input: "a" }, "model must be mistral-embed"],
    [{ model }, "input must be a string or an array of strings"],
    [{ model, input: ["a", 5] }, "input[1] must be a string"],
    [{ model, input: "a", output_dimension: 512 }, "output_dimension is not supported"],
    [
      { model, input: "a", output_dtype: "int4" },
      "output_dtype must be one of float, int8, uint8, binary, ubinary",
    ],
    [{ model, input: "a", encoding_format: "raw" }, "encoding_format must be one of float, base64"],
    [{ model, input: "a", dimensions: 1024 }, "there is no field dimensions"],
  ])("refuses the fields %j with a list of what is wrong", (body, msg) => {
    expect(send(body)).toMatchObject({ status: 422, body: { message: { detail: [{ msg }] } } });
  });

  it.each([
    ["no texts", [], "input must have 1 to 256 texts, not 0"],
    ["257 texts", new Array<string>(257).fill("a"), "input must have 1 to 256 texts, not 257"],
    ["a blank text", ["a", " "], "input[1] is blank"],
    ["a long text", ["x".repeat(4 * 8190 + 1)], "input[0] has more than 8190 tokens"],
    [
      "many tokens",
      ["x".repeat(32_000), "x".repeat(32_000), "x".repeat(4000)],
      "input has 17000 tokens, at most 16384 are allowed",
    ],
  ])("refuses %s as a request that must be split", (_what, input, message) => {
    expect(send({ model, input })).toEqual({
      status: 400,
      headers: undefined,
      body: {
        object: "error",
        message,
        type: "invalid_request_prompt",
        param: null,
        code: "3210",
        raw_status_code: 400,
      },
    });
  });

  it("states a wait in Retry-After, in seconds", () => {
    const refuse: (status: number, message: string, wait?: number) => FakeReply = service.refuse;
    const body = {
      object: "error",
      message: "Rate limit exceeded",
      type: "rate_limited",
      param: null,
      code: "1300",
      raw_status_code: 429,
    };
    expect(refuse(429, "Rate limit exceeded", 1500)).toEqual({
      status: 429,
      headers: { "retry-after": "1.5" },
      body,
    });
    expect(refuse(429, "Rate limit exceeded").headers).toBeUndefined();
    expect(refuse(503, "busy").body).toMatchObject({ type: "server_error", code: null });
  });

  it("responds in the documented form, with usage and rate limits", () => {
    const ask: FakeAsk = { texts: ["12345", "1"], dimensions: 2, elementType: "float", encoding: "json" };
    const items = [
      { index: 1, embedding: [0, 1] },
      { index: 0, embedding: [1, 0] },
    ];
    expect(service.answer(items, ask)).toEqual({
      status: 200,
      headers: {
        "x-ratelimit-limit-req-minute": "720",
        "x-ratelimit-remaining-req-minute": "719",
        "x-ratelimit-limit-tokens-minute": "5000000",
        "x-ratelimit-remaining-tokens-minute": "4999997",
        "x-ratelimit-tokens-query-cost": "3",
      },
      body: {
        id: "fake-response",
        object: "list",
        data: [
          { object: "embedding", index: 1, embedding: [0, 1] },
          { object: "embedding", index: 0, embedding: [1, 0] },
        ],
        model,
        usage: { prompt_tokens: 3, total_tokens: 3, completion_tokens: 0 },
      },
    });
  });
});
