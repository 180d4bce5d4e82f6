import type { InputType } from "@llx/embeddings";
import { describe, expect, it } from "vitest";
import type { AiSdkEmbeddingModel } from "./ai-sdk-embedding-model.ts";
import { optionsByType } from "./options-by-type.ts";

const modelOf = (provider: string, modelId: string): AiSdkEmbeddingModel =>
  ({ provider, modelId }) as AiSdkEmbeddingModel;
const cohere = modelOf("cohere.textEmbedding", "embed-v4.0");
const all = ["document", "query", "classification", "clustering"];

describe("the input type", () => {
  it.each([
    ["cohere.textEmbedding", "embed-v4.0", "cohere", "inputType", "search_document", "search_query", all],
    ["gateway", "cohere/embed-v4.0", "cohere", "inputType", "search_document", "search_query", all],
    ["voyage.embedding", "voyage-3.5", "voyage", "inputType", "document", "query", ["document", "query"]],
    [
      "google.generative-ai",
      "gemini-embedding-001",
      "google",
      "taskType",
      "RETRIEVAL_DOCUMENT",
      "RETRIEVAL_QUERY",
      all,
    ],
    [
      "google.vertex.embedding",
      "text-embedding-005",
      "google",
      "taskType",
      "RETRIEVAL_DOCUMENT",
      "RETRIEVAL_QUERY",
      all,
    ],
    [
      "amazon-bedrock",
      "us.cohere.embed-v4:0",
      "bedrock",
      "inputType",
      "search_document",
      "search_query",
      all,
    ],
    [
      "amazon-bedrock",
      "amazon.nova-2-multimodal-embeddings-v1:0",
      "bedrock",
      "embeddingPurpose",
      "GENERIC_INDEX",
      "TEXT_RETRIEVAL",
      all,
    ],
  ])("is told to %s for %s", (provider, modelId, key, name, document, query, types) => {
    const { byType, inputTypes, isUnknown } = optionsByType(modelOf(provider, modelId), undefined);
    expect(byType.get("document")).toEqual({ [key]: { [name]: document } });
    expect(byType.get("query")).toEqual({ [key]: { [name]: query } });
    expect({ inputTypes, isUnknown }).toEqual({ inputTypes: types, isUnknown: false });
  });

  it.each([
    ["openai.embedding", "text-embedding-3-small"],
    ["azure.embeddings", "a-deployment"],
    ["azure-openai.embeddings", "a-deployment"],
    ["mistral.embedding", "mistral-embed"],
    ["gateway", "openai/text-embedding-3-small"],
    ["amazon-bedrock", "amazon.titan-embed-text-v2:0"],
  ])("makes no difference to %s with %s", (provider, modelId) => {
    const { byType, inputTypes, isUnknown } = optionsByType(modelOf(provider, modelId), undefined);
    expect([...byType.values()]).toEqual([undefined, undefined]);
    expect({ inputTypes, isUnknown }).toEqual({ inputTypes: [], isUnknown: false });
  });

  it.each([
    ["local.embedding", "nomic-embed-text"],
    ["google.generative-ai", "gemini-embedding-2"],
    ["google.vertex.embedding", "gemini-embedding-2"],
    ["amazon-bedrock", "arn:aws:bedrock:eu-west-1:1:application-inference-profile/x"],
  ])("cannot be told to %s with %s, unless by a function of the caller", (provider, modelId) => {
    const model = modelOf(provider, modelId);
    expect(optionsByType(model, undefined)).toMatchObject({ inputTypes: [], isUnknown: true });
    expect(optionsByType(model, { local: { user: "me" } })).toMatchObject({
      inputTypes: [],
      isUnknown: true,
    });
    const given = (task: InputType) => ({ local: { task } });
    const { byType, inputTypes, isUnknown } = optionsByType(model, given);
    expect(byType.get("query")).toEqual({ local: { task: "query" } });
    expect({ inputTypes, isUnknown }).toEqual({ inputTypes: ["document", "query"], isUnknown: false });
  });
});

describe("given options", () => {
  it("are kept alongside the input type", () => {
    const { byType } = optionsByType(cohere, { cohere: { truncate: "END" }, other: { a: 1 } });
    expect(byType.get("clustering")).toEqual({
      cohere: { truncate: "END", inputType: "clustering" },
      other: { a: 1 },
    });
  });

  it.each(["classification", null])("are not overridden (%j)", (inputType) => {
    const given = { cohere: { inputType } };
    const { byType, inputTypes } = optionsByType(cohere, given);
    expect(byType.get("document")).toBe(given);
    expect(byType.get("query")).toBe(given);
    expect(inputTypes).toEqual([]);
  });

  it("of a function take precedence if they set the input type", () => {
    const { byType } = optionsByType(cohere, (type) => ({
      cohere: type === "query" ? { inputType: "classification" } : { truncate: "END" },
    }));
    expect(byType.get("query")).toEqual({ cohere: { inputType: "classification" } });
    expect(byType.get("document")).toEqual({ cohere: { truncate: "END", inputType: "search_document" } });
  });

  it.each(["googleVertex", "vertex", "google"])(
    "are kept under the name %s that Vertex reads first",
    (key) => {
      const given = { [key]: { title: "a title" } };
      const { byType } = optionsByType(modelOf("google.vertex.embedding", "text-embedding-005"), given);
      expect(byType.get("document")).toEqual({ [key]: { title: "a title", taskType: "RETRIEVAL_DOCUMENT" } });
    },
  );
});
