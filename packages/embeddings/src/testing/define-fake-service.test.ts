import { describe, expect, it } from "vitest";
import { defineFakeService, type FakeServiceDefinition } from "./define-fake-service.ts";
import type { FakeAsk, FakeReply } from "./fake-service.ts";

const service = defineFakeService({
  apiKey: "the-key-of-the-service",
  keyHeaders: { "x-key": "the-key-of-the-service", "x-account": "acme" },
  path: "/v2/embed",
  model: "small",
  dimensions: 4,
  fields: {
    task: ["search", "store"],
    size: [{ from: 2, to: 8 }, null, undefined],
    level: [{ from: 1 }, undefined],
    cut: [true, false, undefined],
    lax: [true, undefined],
    note: "any",
    old: [null, undefined],
  },
  allowsMore: ({ lax = false }) => lax,
  texts: {
    field: "texts",
    limits: { inputs: 3, charactersPerInput: 20, tokensPerInput: 3, tokens: 8 },
    truncates: ({ cut = false }) => cut,
  },
  read: ({ size, task }) => ({
    ...(size && { dimensions: size }),
    encoding: task === "store" ? "base64" : "json",
  }),
  respond: (items, tokens) => ({ headers: { "x-tokens": String(tokens) }, body: items }),
  refuse: (status, message) => ({ status, body: message }),
});

const good = { model: "small", task: "search", texts: ["a"] };
const headers = { "x-key": service.apiKey, "x-account": "acme", "content-type": "application/json" };
const request = { method: "POST", path: "/v2/embed?x=1", headers, body: good };
const ask = (texts: readonly string[]): FakeAsk => ({
  texts,
  dimensions: 4,
  elementType: "float",
  encoding: "json",
});
const send = (change: object): FakeAsk | FakeReply =>
  service.read({ ...request, body: { ...good, ...change } });

describe("a defined fake service", () => {
  it("accepts a request, and reads what it asks for", () => {
    expect(service.read(request)).toEqual(ask(["a"]));
    expect(send({ task: "store", size: 8 })).toEqual({ ...ask(["a"]), dimensions: 8, encoding: "base64" });
    expect(send({ size: null, level: 1e6, note: [5] })).toEqual(ask(["a"]));
    expect(send({ lax: true, other: 1 })).toEqual(ask(["a"]));
    expect(send({ cut: true, texts: ["x".repeat(20)] })).toEqual(ask(["x".repeat(20)]));
  });

  it.each([
    [{ bytesPerInput: 5 }, ["ab", "ééé"], "texts[1] has more than 5 bytes"],
    [{ bytes: 7 }, ["ab", "ééé"], "texts has 8 bytes, at most 7 are allowed"],
    [{ characters: 4 }, ["ab", "ééé"], "texts has 5 characters, at most 4 are allowed"],
  ])("enforces %j", (limits, texts, message) => {
    const limited = defineFakeService({
      apiKey: "the-key-of-the-service",
      keyHeaders: {},
      path: "/v2/embed",
      dimensions: 4,
      fields: {},
      texts: { field: "texts", limits: { inputs: 3, ...limits } },
      respond: (items) => ({ body: items }),
      refuse: (status, body) => ({ status, body }),
    });
    expect(limited.read({ ...request, body: { texts } })).toEqual({ status: 400, body: message });
    expect(limited.read({ ...request, body: { texts: ["é", "é"] } })).toEqual(ask(["é", "é"]));
  });

  it("says how it counts tokens", () => {
    expect(["", "abcd", "abcde"].map((text) => service.countTokens!(text))).toEqual([0, 1, 2]);
  });

  it.each([
    [{ path: "/v1/embed" }, 404, "there is nothing at /v1/embed"],
    [{ method: "PUT" }, 405, "PUT is not allowed here"],
    [{ headers: { ...headers, "x-account": "other" } }, 401, "the API key is not valid"],
    [
      { headers: { ...headers, "content-type": undefined } },
      400,
      "the content type must be application/json",
    ],
    [{ body: [] }, 400, "the body must be an object"],
  ])("refuses the request %j", (change, status, body) => {
    expect(service.read({ ...request, ...change })).toEqual({ status, body });
  });

  it.each([
    [{ model: "large" }, "model must be small"],
    [{ task: undefined }, "task must be one of search, store"],
    [{ size: 9 }, "size must be a whole number from 2 to 8"],
    [{ size: 2.5 }, "size must be a whole number from 2 to 8"],
    [{ size: "4" }, "size must be a whole number from 2 to 8"],
    [{ level: 0 }, "level must be a whole number from 1"],
    [{ lax: false }, "lax must be one of true"],
    [{ old: 1 }, "old is not supported"],
    [{ other: 1 }, "there is no field other"],
    [{ texts: "a" }, "texts must be an array of strings"],
    [{ texts: [] }, "texts must have 1 to 3 texts, not 0"],
    [{ texts: ["a", "b", "c", "d"] }, "texts must have 1 to 3 texts, not 4"],
    [{ texts: ["a", null] }, "texts[1] must be a string"],
    [{ texts: [" "] }, "texts[0] is blank"],
    [{ texts: ["x".repeat(21)], cut: true }, "texts[0] has more than 20 characters"],
    [{ texts: ["a", "x".repeat(13)] }, "texts[1] has more than 3 tokens"],
    [{ texts: ["x".repeat(12), "x".repeat(12), "x".repeat(9)] }, "texts has 9 tokens, at most 8 are allowed"],
  ])("refuses the fields %j", (change, body) => {
    expect(send(change)).toEqual({ status: 400, body });
  });

  it("counts no more of a text than it keeps, where it cuts texts", () => {
    // Of 3 tokens each, at most 8 in a request.
    const [long, short] = ["x".repeat(20), "x".repeat(8)];
    expect(send({ cut: true, texts: [long, long, short] })).toMatchObject({ texts: [long, long, short] });
    expect(send({ cut: true, texts: [long, long, long] })).toEqual({
      status: 400,
      body: "texts has 9 tokens, at most 8 are allowed",
    });
  });

  it("counts the tokens of a response, and no more of a text than it keeps", () => {
    const items = [{ index: 0, embedding: [1] }];
    const reply = { status: 200, headers: { "x-tokens": "4" }, body: items };
    expect(service.answer(items, ask(["a", "x".repeat(20)]))).toEqual(reply);
  });
});

describe("a fake service that checks fields apart from limits", () => {
  const definition: FakeServiceDefinition<{ task: ["search", undefined] }> = {
    apiKey: "the-key-of-the-service",
    keyHeaders: { "x-key": "the-key-of-the-service" },
    path: "/v2/embed",
    model: "small",
    dimensions: 4,
    fields: { task: ["search", undefined] },
    texts: { field: "texts", limits: { inputs: 2 } },
    respond: (items) => ({ body: items }),
    refuse: (status, message) => ({ status, body: message }),
    refuseFields: (message) => ({ status: 422, body: [message] }),
    rerank: {
      path: "/v2/rerank",
      model: "ranks",
      topN: "top_n",
      fields: {},
      texts: { field: "texts", limits: { inputs: 2 } },
      respond: (results) => ({ body: results }),
    },
  };
  const strict = defineFakeService(definition);

  it.each([
    [[], 422, ["the body must be an object"]],
    [{ model: "large", texts: ["a"] }, 422, ["model must be small"]],
    [{ model: "small", texts: ["a"], task: "store" }, 422, ["task must be one of search"]],
    [{ model: "small", texts: ["a"], other: 1 }, 422, ["there is no field other"]],
    [{ model: "small", texts: "a" }, 422, ["texts must be an array of strings"]],
    [{ model: "small", texts: ["a", 5, "c"] }, 422, ["texts[1] must be a string"]],
    [{ model: "small", texts: ["a", "b", "c"] }, 400, "texts must have 1 to 2 texts, not 3"],
    [{ model: "small", texts: [] }, 422, ["texts must have 1 to 2 texts, not 0"]],
    [{ model: "small", texts: [" "] }, 422, ["texts[0] is blank"]],
  ])("refuses %j with the status %i", (body, status, reason) => {
    expect(strict.read({ ...request, body })).toEqual({ status, body: reason });
  });

  it("refuses what is not JSON, and empty texts to rank, as it refuses fields", () => {
    const asText = { ...request.headers, "content-type": "text/plain" };
    const notJson = { status: 422, body: ["the content type must be application/json"] };
    expect(strict.read({ ...request, headers: asText, body: undefined })).toEqual(notJson);
    const body = { model: "ranks", query: "a", texts: [""] };
    expect(strict.rerank!.read({ ...request, path: "/v2/rerank", body })).toEqual({
      status: 422,
      body: ["texts[0] is blank"],
    });
  });

  it("refuses empty texts in another way, where the service does", () => {
    const other = defineFakeService({
      ...definition,
      refuseTexts: (message) => ({ status: 400, body: message }),
    });
    const reply = { status: 400, body: "texts[0] is blank" };
    expect(other.read({ ...request, body: { model: "small", texts: [""] } })).toEqual(reply);
  });
});

describe("a fake service that has its own refusal above its limits", () => {
  const narrow = defineFakeService({
    apiKey: "the-key-of-the-service",
    keyHeaders: { "x-key": "the-key-of-the-service" },
    path: "/v2/embed",
    model: "small",
    dimensions: 4,
    fields: {},
    texts: { field: "texts", limits: { inputs: 2, tokensPerInput: 3, tokens: 4 } },
    respond: (items) => ({ body: items }),
    refuse: (status, message) => ({ status, body: message }),
    refuseLimits: (message) => ({ status: 413, body: [message] }),
    rerank: {
      path: "/v2/rerank",
      model: "ranks",
      topN: "top_n",
      fields: {},
      texts: { field: "texts", limits: { inputs: 2, tokensPerQuery: 3 } },
      respond: (results) => ({ body: results }),
    },
  });
  const nine = "x".repeat(9);
  const thirteen = "x".repeat(13);

  it.each([
    [["a", "b", "c"], 413, ["texts must have 1 to 2 texts, not 3"]],
    [[thirteen], 413, ["texts[0] has more than 3 tokens"]],
    [[nine, nine], 413, ["texts has 6 tokens, at most 4 are allowed"]],
    [[], 400, "texts must have 1 to 2 texts, not 0"],
    [[" "], 400, "texts[0] is blank"],
    [[5], 400, "texts[0] must be a string"],
  ])("refuses the texts %j with the status %i", (texts, status, reason) => {
    const reply = narrow.read({ ...request, body: { model: "small", texts } });
    expect(reply).toEqual({ status, body: reason });
  });

  it.each([
    ["a", ["a", "b", "c"], 413, ["texts must have 1 to 2 texts, not 3"]],
    [thirteen, ["a"], 413, ["query has more than 3 tokens"]],
    ["a", [], 400, "texts must have 1 to 2 texts, not 0"],
    [" ", ["a"], 400, "query is blank"],
  ])("refuses to rank for %j the texts %j with the status %i", (query, texts, status, reason) => {
    const body = { model: "ranks", query, texts };
    const reply = narrow.rerank!.read({ ...request, path: "/v2/rerank", body });
    expect(reply).toEqual({ status, body: reason });
  });

  it("says what its limits are", () => {
    expect(narrow.limits).toEqual({ inputs: 2, tokensPerInput: 3, tokens: 4 });
  });
});

describe("a fake service whose bodies are nested, and whose path names the model", () => {
  const nested = defineFakeService({
    apiKey: "the-key-of-the-service",
    keyHeaders: { "x-key": "the-key-of-the-service" },
    path: "/models/small:embed",
    dimensions: 4,
    fields: { task: ["search", undefined] },
    texts: { field: "texts", limits: { inputs: 3 } },
    flatten({ items, ...others }) {
      if (!Array.isArray(items)) return "items must be an array";
      return { ...others, texts: items.map((item: { text: unknown }) => item.text) };
    },
    respond: (items, _tokens, { elementType }) => ({ body: { [elementType]: items } }),
    refuse: (status, message) => ({ status, body: message }),
    refuseKey: (message) => ({ status: 400, body: { reason: message } }),
  });
  const read = (body: object): FakeAsk | FakeReply =>
    nested.read({ ...request, path: "/models/small:embed", body });

  it("reads them", () => {
    expect(read({ items: [{ text: "a" }, { text: "b" }], task: "search" })).toEqual(ask(["a", "b"]));
    const items = [{ index: 0, embedding: [1] }];
    expect(nested.answer(items, ask(["a"]))).toEqual({ status: 200, body: { float: items } });
  });

  it.each([
    [{ texts: ["a"] }, "items must be an array"],
    [{ items: [{ text: 5 }] }, "texts[0] must be a string"],
    [{ items: [{ text: "a" }], model: "small" }, "there is no field model"],
    [{ items: [{ text: "a" }], task: "store" }, "task must be one of search"],
  ])("refuses %j", (body, message) => {
    expect(read(body)).toEqual({ status: 400, body: message });
  });

  it("refuses a key in its own way", () => {
    const reply = { status: 400, body: { reason: "the API key is not valid" } };
    expect(nested.read({ ...request, path: "/models/small:embed", headers: {} })).toEqual(reply);
  });
});
