import type { FakeAsk, FakeReply } from "@llx/embeddings/testing";
import { describe, expect, it } from "vitest";
import { fakeGemini } from "./testing.ts";

const [service, old] = [fakeGemini(), fakeGemini({ model: "gemini-embedding-001" })];
const model = "models/gemini-embedding-2";
const path = `/v1beta/${model}:batchEmbedContents`;
const headers = { "x-goog-api-key": "fake-key-of-gemini", "content-type": "application/json" };

const request = (text: unknown, more: object = {}): object => ({
  model,
  content: { parts: [{ text }] },
  ...more,
});
const good = { method: "POST", path, headers, body: { requests: [request("a")] } };
const send = (...requests: readonly unknown[]): FakeAsk | FakeReply =>
  service.read({ ...good, body: { requests } });
const sendOld = (...requests: readonly object[]): FakeAsk | FakeReply =>
  old.read({
    ...good,
    path: "/v1beta/models/gemini-embedding-001:batchEmbedContents",
    body: { requests: requests.map((each) => Object.assign(each, { model: "models/gemini-embedding-001" })) },
  });

const ask = { texts: ["a"], dimensions: 3072, elementType: "float", encoding: "json" };
const refusal = (message: unknown) => ({
  status: 400,
  body: { error: { code: 400, message, status: "INVALID_ARGUMENT", details: undefined } },
});

describe("the fake of Gemini", () => {
  it("accepts what the documents allow", () => {
    expect(service.read(good)).toEqual(ask);
    expect(send({ model, content: { role: "user", parts: [{ text: "a" }] } }, request("b"))).toEqual({
      ...ask,
      texts: ["a", "b"],
    });
    expect(send(request("a", { taskType: "CLUSTERING", title: "b", outputDimensionality: 128 }))).toEqual({
      ...ask,
      dimensions: 128,
    });
    const embedContentConfig = { autoTruncate: false, outputDimensionality: 768 };
    expect(send(request("a", { embedContentConfig }))).toEqual({ ...ask, dimensions: 768 });
  });

  it("knows texts without the task before them, where the model has one", () => {
    const texts = [
      "title: none | text: one",
      "task: search result | query: two",
      "task: classification | query: three",
      "task: clustering | query: four",
      "task: five",
    ];
    expect(send(...texts.map((text) => request(text)))).toEqual({
      ...ask,
      texts: ["one", "two", "three", "four", "task: five"],
    });
    expect(sendOld(request("title: none | text: one"))).toEqual({
      ...ask,
      texts: ["title: none | text: one"],
    });
  });

  it.each([
    ["another path", { path: "/v1beta/models/other:batchEmbedContents" }, 404, "NOT_FOUND"],
    [
      "another content type",
      { headers: { ...headers, "content-type": "text/plain" } },
      400,
      "INVALID_ARGUMENT",
    ],
    ["no JSON", { body: undefined }, 400, "INVALID_ARGUMENT"],
    ["another method", { method: "GET" }, 405, "UNKNOWN"],
  ])("refuses %s", (_what, change, code, status) => {
    const message = expect.any(String) as string;
    expect(service.read({ ...good, ...change })).toEqual({
      status: code,
      body: { error: { code, message, status, details: undefined } },
    });
  });

  it.each([undefined, "x"])("refuses the key %s with status 400", (key) => {
    expect(service.read({ ...good, headers: { ...headers, "x-goog-api-key": key } })).toEqual({
      status: 400,
      body: {
        error: {
          code: 400,
          message: "API key not valid. Please pass a valid API key.",
          status: "INVALID_ARGUMENT",
          details: [
            {
              "@type": "type.googleapis.com/google.rpc.ErrorInfo",
              reason: "API_KEY_INVALID",
              domain: "googleapis.com",
              metadata: { service: "generativelanguage.googleapis.com" },
            },
          ],
        },
      },
    });
  });

  it.each([
    [{}, "model must be models/gemini-embedding-2"],
    [{ requests: "a" }, "model must be models/gemini-embedding-2"],
    [{ model, requests: "a" }, "requests must be an array of strings"],
    [{ requests: [request("a")], other: 1 }, "there is no field other"],
  ])("refuses the body %j", (body, message) => {
    expect(service.read({ ...good, body })).toEqual(refusal(message));
  });

  it.each([
    [[request("a", { model: "models/other" })], "model must be models/gemini-embedding-2"],
    [new Array(101).fill(request("a")), "requests must have 1 to 100 texts, not 101"],
    [[null], "requests[0].content must have one part with a text"],
    [[request("a"), { model, content: { parts: [] } }], "requests[1].content must have one part with a text"],
    [[request(5)], "requests[0].content must have one part with a text"],
    [
      [{ model, content: { parts: [{ text: "a" }, { text: "b" }] } }],
      "requests[0].content must have one part with a text",
    ],
    [[request("a"), request(" ")], "requests[1] is blank"],
    [
      [request("a"), request("b", { taskType: "CLUSTERING" })],
      "requests[1] must have the fields of the others",
    ],
    [
      [request("a", { taskType: "query" })],
      expect.stringMatching(/^taskType must be one of RETRIEVAL_DOCUMENT, /),
    ],
    [
      [request("a", { outputDimensionality: 3073 })],
      "outputDimensionality must be a whole number from 1 to 3072",
    ],
    [[request("a", { embedContentConfig: { truncate: 1 } })], "there is no field truncate"],
    [[request("a", { input: "a" })], "there is no field input"],
  ])("refuses the requests %j", (requests, message) => {
    expect(send(...requests)).toEqual(refusal(message));
  });

  it("refuses a text that is too long only if it must not be cut", () => {
    const long = "x".repeat(4 * 8192 + 1);
    const embedContentConfig = { autoTruncate: false };
    expect(send(request(long, { embedContentConfig }))).toEqual(
      refusal("requests[0] has more than 8192 tokens"),
    );
    expect(send(request(long, { embedContentConfig: { autoTruncate: true } }))).toEqual({
      ...ask,
      texts: [long],
    });
    expect(send(request(long))).toEqual({ ...ask, texts: [long] });
    expect(sendOld(request(long))).toEqual({ ...ask, texts: [long] });
    expect(sendOld(request("a", { embedContentConfig }))).toEqual(
      refusal("there is no field embedContentConfig"),
    );
  });

  it("responds in the documented form, without indexes, with usage", () => {
    const of: FakeAsk = {
      texts: ["12345", "x".repeat(40_000)],
      dimensions: 2,
      elementType: "float",
      encoding: "json",
    };
    const items = [
      { index: 0, embedding: [1, 0] },
      { index: 1, embedding: [0, 1] },
    ];
    const values = [{ values: [1, 0] }, { values: [0, 1] }];
    expect(service.answer(items, of)).toEqual({
      status: 200,
      body: { embeddings: values, usageMetadata: { promptTokenCount: 2 + 8192 } },
    });
    // Not normalised.
    expect(old.answer(items, of)).toEqual({
      status: 200,
      body: {
        embeddings: [{ values: [0.75, 0] }, { values: [0, 0.75] }],
        usageMetadata: { promptTokenCount: 2 + 2048 },
      },
    });
    expect(old.answer(items, { ...of, dimensions: 3072 }).body).toMatchObject({ embeddings: values });
  });

  it("states a wait in the body of a refusal", () => {
    const refuse = service.refuse;
    const failure = {
      "@type": "type.googleapis.com/google.rpc.QuotaFailure",
      violations: [
        expect.objectContaining({
          quotaId: "EmbedContentRequestsPerMinutePerUserPerProjectPerModel-FreeTier",
        }),
      ],
    };
    const error = { code: 429, message: "slow down", status: "RESOURCE_EXHAUSTED" };
    expect(refuse(429, "slow down")).toEqual({
      status: 429,
      body: { error: { ...error, details: [failure] } },
    });
    const delay = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34.4s" };
    expect(refuse(429, "slow down", 34_400)).toEqual({
      status: 429,
      body: { error: { ...error, details: [failure, delay] } },
    });
  });
});
