import type { FakeAsk, FakeReply } from "@llx/embeddings/testing";
import { describe, expect, it } from "vitest";
import { fakeCohere } from "./testing.ts";

const service = fakeCohere();
const model = "embed-v4.0";
const input_type = "search_document";

const headers = { authorization: "Bearer fake-key-of-cohere", "content-type": "application/json" };
const least = { model, texts: ["a"], input_type };
const good = { method: "POST", path: "/v2/embed", headers, body: least };
const send = (body: unknown, to = service): FakeAsk | FakeReply => to.read({ ...good, body });
const refusal = (message: string, status = 400): FakeReply => ({
  status,
  body: { id: expect.any(String) as string, message },
});

describe("the fake of Cohere", () => {
  const ask = { texts: ["a"], dimensions: 1536, elementType: "float", encoding: "json" };

  it("accepts what the documents allow", () => {
    expect(service.read(good)).toEqual(ask);
    const all = { embedding_types: ["ubinary"], output_dimension: 256, truncate: "NONE", priority: 999 };
    expect(send({ ...least, ...all, texts: ["a", "b"], input_type: "clustering" })).toEqual({
      texts: ["a", "b"],
      dimensions: 256,
      elementType: "ubinary",
      encoding: "json",
    });
    expect(send({ ...least, texts: [" "] })).toEqual({ ...ask, texts: [" "] });
  });

  it.each([
    ["another path", { path: "/v1/embed" }, 404],
    ["another method", { method: "GET" }, 405],
    ["no key", { headers: { ...headers, authorization: undefined } }, 401],
    ["a wrong key", { headers: { ...headers, authorization: "Bearer x" } }, 401],
    ["another content type", { headers: { ...headers, "content-type": "text/plain" } }, 400],
    ["no JSON", { body: undefined }, 400],
  ])("refuses %s", (_what, change, status) => {
    expect(service.read({ ...good, ...change })).toEqual(refusal(expect.any(String) as string, status));
  });

  const types = "search_document, search_query, classification, clustering";

  it.each([
    [{ ...least, model: "embed-v5" }, "model must be embed-v4.0"],
    [{ model, texts: ["a"] }, `input_type must be one of ${types}`],
    [{ ...least, input_type: "document" }, `input_type must be one of ${types}`],
    [{ ...least, embedding_types: "float" }, "embedding_types must be an array"],
    [{ ...least, embedding_types: [] }, "embedding_types must not be empty"],
    [
      { ...least, embedding_types: ["base64"] },
      "embedding_type must be one of float, int8, uint8, binary, ubinary",
    ],
    [{ ...least, embedding_types: ["float", "int8"] }, "this fake responds with one of the embedding_types"],
    [{ ...least, output_dimension: 768 }, "output_dimension must be one of 256, 512, 1024, 1536"],
    [{ ...least, truncate: "end" }, "truncate must be one of NONE, START, END"],
    [{ ...least, priority: 1000 }, "priority must be a whole number from 0 to 999"],
    [{ ...least, max_tokens: 5 }, "this fake has no max_tokens"],
    [{ ...least, images: [] }, "this fake has no images"],
    [{ ...least, inputs: [] }, "this fake has no inputs"],
    [{ ...least, dimensions: 5 }, "there is no field dimensions"],
    [{ ...least, texts: "a" }, "texts must be an array of strings"],
    [{ ...least, texts: [] }, "texts must have 1 to 96 texts, not 0"],
    [{ ...least, texts: new Array<string>(97).fill("a") }, "texts must have 1 to 96 texts, not 97"],
    [{ ...least, texts: ["a", 5] }, "texts[1] must be a string"],
    [{ ...least, texts: ["a", ""] }, "texts[1] is empty"],
  ])("refuses the fields %j", (body, message) => {
    expect(send(body)).toEqual(refusal(message));
  });

  it.each([
    [model, 128_000],
    ["embed-english-v3.0", 512],
    ["embed-english-light-v3.0", 512],
    ["embed-multilingual-v3.0", 512],
    ["embed-multilingual-light-v3.0", 512],
  ])("cuts a text for %s to %i tokens, unless it may not", (name, tokens) => {
    const fake = fakeCohere({ model: name });
    const body = { ...least, model: name, texts: ["x".repeat(4 * tokens + 1)] };
    for (const truncate of [undefined, "START", "END"]) {
      expect(send({ ...body, truncate }, fake)).toMatchObject({ texts: body.texts });
    }
    expect(send({ ...body, truncate: "NONE" }, fake)).toEqual(
      refusal(`texts[0] has more than ${tokens} tokens`),
    );
    const longest = { ...body, truncate: "NONE", texts: ["x".repeat(4 * tokens)] };
    expect(send(longest, fake)).toMatchObject({ texts: longest.texts });
  });

  it("offers a choice of dimensions as its model does", () => {
    const english = fakeCohere({ model: "embed-english-v3.0", dimensions: 1024 });
    const body = { ...least, model: "embed-english-v3.0" };
    expect(send(body, english)).toMatchObject({ dimensions: 1024 });
    expect(send({ ...body, output_dimension: 1024 }, english)).toEqual(
      refusal("output_dimension is not available for embed-english-v3.0"),
    );
    const other = fakeCohere({ model: "other", dimensions: 8 });
    expect(send({ ...least, model: "other", output_dimension: 4 }, other)).toMatchObject({ dimensions: 4 });
  });

  it.each(["float", "int8"] as const)("responds in the documented form, with %s", (elementType) => {
    const asked: FakeAsk = { texts: ["12345", "1"], dimensions: 2, elementType, encoding: "json" };
    const items = [
      { index: 1, embedding: [0, 1] },
      { index: 0, embedding: [1, 0] },
    ];
    expect(service.answer(items, asked)).toEqual({
      status: 200,
      body: {
        id: expect.any(String) as string,
        // Without indexes: the order is that of the texts.
        embeddings: {
          [elementType]: [
            [0, 1],
            [1, 0],
          ],
        },
        texts: ["12345", "1"],
        meta: { api_version: { version: "2" }, billed_units: { input_tokens: 3 } },
        response_type: "embeddings_by_type",
      },
    });
  });
});
