import type { FakeAsk, FakeReply } from "@llx/embeddings/testing";
import { describe, expect, it } from "vitest";
import type { BedrockModelFamily } from "./model-families.ts";
import { fakeBedrock } from "./testing.ts";

const models: Readonly<Record<BedrockModelFamily, string>> = {
  "titan-v2": "amazon.titan-embed-text-v2:0",
  "titan-v1": "amazon.titan-embed-text-v1",
  "cohere-v3": "cohere.embed-english-v3",
  "cohere-v4": "us.cohere.embed-v4:0",
  nova: "amazon.nova-2-multimodal-embeddings-v1:0",
};

const headers = { authorization: "Bearer fake-key-of-bedrock", "content-type": "application/json" };
const good = {
  method: "POST",
  path: "/model/amazon.titan-embed-text-v2%3A0/invoke",
  headers,
  body: { inputText: "a" },
};
const titan = fakeBedrock();

function send(family: BedrockModelFamily, body: unknown): FakeAsk | FakeReply {
  const model = models[family];
  return fakeBedrock({ model }).read({ ...good, path: `/model/${encodeURIComponent(model)}/invoke`, body });
}

const cohere = { texts: ["a"], input_type: "search_document" };
const novaText = { truncationMode: "NONE", value: "a" };
const nova = (parameters: object = {}, text: object = {}): object => ({
  taskType: "SINGLE_EMBEDDING",
  singleEmbeddingParams: { embeddingPurpose: "GENERIC_INDEX", ...parameters, text: { ...novaText, ...text } },
});

describe("the fake of Amazon Bedrock", () => {
  it.each<[BedrockModelFamily, object, Partial<FakeAsk>]>([
    ["titan-v2", { inputText: "a" }, { dimensions: 1024 }],
    [
      "titan-v2",
      { inputText: "a", dimensions: 256, normalize: false, embeddingTypes: ["float"] },
      { dimensions: 256 },
    ],
    [
      "titan-v2",
      { inputText: "a", embeddingTypes: ["binary"] },
      { dimensions: 1024, elementType: "ubinary" },
    ],
    ["titan-v1", { inputText: "a" }, { dimensions: 1536 }],
    ["cohere-v3", cohere, { dimensions: 1024 }],
    [
      "cohere-v3",
      { ...cohere, truncate: "END", embedding_types: ["int8"] },
      { dimensions: 1024, elementType: "int8" },
    ],
    ["cohere-v4", cohere, { dimensions: 1536 }],
    [
      "cohere-v4",
      { ...cohere, truncate: "RIGHT", embedding_types: ["ubinary"], output_dimension: 512, max_tokens: 100 },
      { dimensions: 512, elementType: "ubinary" },
    ],
    ["nova", nova(), { dimensions: 3072 }],
    [
      "nova",
      { ...nova({ embeddingDimension: 384 }), schemaVersion: "nova-multimodal-embed-v1" },
      { dimensions: 384 },
    ],
  ])("accepts what the documents allow for %s: %j", (family, body, ask) => {
    expect(send(family, body)).toEqual({ texts: ["a"], elementType: "float", encoding: "json", ...ask });
  });

  it.each<[BedrockModelFamily, object, string]>([
    ["titan-v2", {}, "inputText must be a string"],
    ["titan-v2", { inputText: ["a"] }, "inputText must be a string"],
    ["titan-v2", { inputText: " " }, "inputText[0] is blank"],
    ["titan-v2", { inputText: "x".repeat(50_001) }, "inputText[0] has more than 50000 characters"],
    ["titan-v2", { inputText: "x".repeat(4 * 8192 + 1) }, "inputText[0] has more than 8192 tokens"],
    ["titan-v2", { inputText: "a", dimensions: 100 }, "dimensions must be one of 1024, 512, 256"],
    ["titan-v2", { inputText: "a", normalize: 1 }, "normalize must be one of true, false"],
    [
      "titan-v2",
      { inputText: "a", embeddingTypes: ["int8"] },
      "embeddingTypes must be a list with one of float, binary",
    ],
    ["titan-v2", { inputText: "a", texts: [] }, "there is no field texts"],
    ["titan-v1", { inputText: "a", dimensions: 1536 }, "there is no field dimensions"],
    ["titan-v1", { inputText: "x".repeat(4 * 8192 + 1) }, "inputText[0] has more than 8192 tokens"],
    ["cohere-v3", { texts: ["a"] }, "input_type must be one of search_document"],
    ["cohere-v3", { ...cohere, texts: [] }, "texts must have 1 to 96 texts, not 0"],
    [
      "cohere-v3",
      { ...cohere, texts: new Array<string>(97).fill("a") },
      "texts must have 1 to 96 texts, not 97",
    ],
    [
      "cohere-v3",
      { ...cohere, texts: ["x".repeat(2049)], truncate: "END" },
      "texts[0] has more than 2048 characters",
    ],
    ["cohere-v3", { ...cohere, truncate: "RIGHT" }, "truncate must be one of NONE, START, END"],
    ["cohere-v3", { ...cohere, output_dimension: 256 }, "there is no field output_dimension"],
    [
      "cohere-v3",
      { ...cohere, embedding_types: "float" },
      "embedding_types must be a list with one of float, int8",
    ],
    ["cohere-v4", { ...cohere, truncate: "END" }, "truncate must be one of NONE, LEFT, RIGHT"],
    [
      "cohere-v4",
      { ...cohere, output_dimension: 384 },
      "output_dimension must be one of 256, 512, 1024, 1536",
    ],
    [
      "cohere-v4",
      { ...cohere, texts: ["x".repeat(4 * 128_000 + 1)] },
      "texts[0] has more than 128000 tokens",
    ],
    [
      "cohere-v4",
      { ...cohere, texts: ["x".repeat(4 * 64_000), "y".repeat(4 * 64_001)] },
      "texts has 128001 tokens, at most 128000 are allowed",
    ],
    ["nova", { taskType: "SINGLE_EMBEDDING" }, "singleEmbeddingParams.text is required"],
    ["nova", { ...nova(), taskType: "SEGMENTED_EMBEDDING" }, "taskType must be one of SINGLE_EMBEDDING"],
    ["nova", nova({ embeddingPurpose: "TEXT" }), "embeddingPurpose must be one of GENERIC_INDEX"],
    ["nova", nova({ embeddingDimension: 512 }), "embeddingDimension must be one of 256, 384, 1024, 3072"],
    ["nova", nova({}, { truncationMode: "RIGHT" }), "truncationMode must be one of START, END, NONE"],
    ["nova", nova({}, { value: "x".repeat(8193) }), "value[0] has more than 8192 characters"],
    ["nova", nova({ input: "a" }), "there is no field input"],
  ])("refuses of %s the fields %j", (family, body, message) => {
    expect(send(family, body)).toEqual({
      status: 400,
      headers: { "x-amzn-errortype": "ValidationException" },
      body: { message: expect.stringContaining(message) as string },
    });
  });

  it("lets Cohere cut a text of more than 512 tokens where the request says so", () => {
    const texts = ["x".repeat(2048)];
    expect(send("cohere-v3", { ...cohere, texts })).toMatchObject({ texts });
    // Tokens are counted as four characters: 2,048 characters are 512 of them.
    const long = ["x".repeat(300_000), "y".repeat(300_000)];
    expect(send("cohere-v4", { ...cohere, texts: long, truncate: "RIGHT" })).toMatchObject({
      status: 400,
      body: { message: "texts has 150000 tokens, at most 128000 are allowed" },
    });
  });

  it.each([
    ["another path", { path: "/model/other/invoke" }, 404, "ResourceNotFoundException"],
    ["another method", { method: "GET" }, 405, undefined],
    [
      "no key",
      { headers: { ...headers, authorization: undefined } },
      403,
      "MissingAuthenticationTokenException",
    ],
    ["a wrong key", { headers: { ...headers, authorization: "Bearer x" } }, 403, "AccessDeniedException"],
    [
      "a signature of nobody",
      { headers: { ...headers, authorization: "AWS4" } },
      403,
      "UnrecognizedClientException",
    ],
    [
      "another content type",
      { headers: { ...headers, "content-type": "text/plain" } },
      400,
      "ValidationException",
    ],
    ["no JSON", { body: undefined }, 400, "ValidationException"],
  ])("refuses %s", (_what, change, status, type) => {
    expect(titan.read({ ...good, ...change })).toEqual({
      status,
      headers: type === undefined ? {} : { "x-amzn-errortype": type },
      body: { message: expect.any(String) as string },
    });
  });

  it("checks signatures where it has credentials", () => {
    const credentials = { accessKeyId: "AKIA", secretAccessKey: "secret" };
    const request = { ...good, headers: { ...headers, authorization: "AWS4-HMAC-SHA256 x" } };
    expect(fakeBedrock({ credentials }).read(request)).toMatchObject({
      status: 403,
      headers: { "x-amzn-errortype": "IncompleteSignatureException" },
    });
  });

  const items = [{ index: 0, embedding: [1, 0] }];
  const ask: FakeAsk = { texts: ["12345"], dimensions: 2, elementType: "float", encoding: "json" };

  it.each<[BedrockModelFamily, object]>([
    ["titan-v2", { embedding: [1, 0], embeddingsByType: { float: [1, 0] }, inputTextTokenCount: 2 }],
    ["titan-v1", { embedding: [1, 0], inputTextTokenCount: 2 }],
    ["cohere-v3", { id: "fake-id", response_type: "embeddings_by_type", embeddings: { float: [[1, 0]] } }],
    ["cohere-v4", { id: "fake-id", response_type: "embeddings_by_type", embeddings: { float: [[1, 0]] } }],
    ["nova", { embeddings: [{ embeddingType: "TEXT", embedding: [1, 0] }] }],
  ])("responds as %s, with the number of tokens", (family, body) => {
    expect(fakeBedrock({ model: models[family] }).answer(items, ask)).toEqual({
      status: 200,
      headers: { "x-amzn-bedrock-input-token-count": "2" },
      body,
    });
  });

  it("responds as Cohere v3 with a plain list where no type is requested", () => {
    const fake = fakeBedrock({ model: models["cohere-v3"] });
    const read = fake.read({
      ...good,
      path: "/model/cohere.embed-english-v3/invoke",
      body: cohere,
    }) as FakeAsk;
    expect(fake.answer(items, read).body).toEqual({
      id: "fake-id",
      response_type: "embeddings_floats",
      embeddings: [[1, 0]],
    });
  });

  it("responds as Titan with bits as one number each, and shows faults of them", () => {
    const bits = (embedding: (number | null)[]): unknown =>
      titan.answer([{ index: 0, embedding }], { ...ask, elementType: "ubinary" }).body;
    expect(bits([129, 5])).toMatchObject({
      embeddingsByType: { binary: [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1] },
    });
    expect(bits([null])).toMatchObject({ embeddingsByType: { binary: [null, 0, 0, 0, 0, 0, 0, 0] } });
  });
});
