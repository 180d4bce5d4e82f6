import {
  defineFakeService,
  type FakeAsk,
  type FakeItem,
  type FakeReply,
  type FakeService,
} from "@llx/embeddings/testing";
import type { BedrockModelFamily } from "./model-families.ts";

/** What the models of all families have in common. */
export interface FakeModel {
  readonly apiKey: string;
  readonly path: string;
  readonly dimensions: number;
  readonly refuse: (status: number, message: string) => FakeReply;
}

type Body = Readonly<Record<string, unknown>>;

const purposes = ["search_document", "search_query", "classification", "clustering"] as const;
const novaPurposes = [
  "GENERIC_INDEX",
  "GENERIC_RETRIEVAL",
  "TEXT_RETRIEVAL",
  "IMAGE_RETRIEVAL",
  "VIDEO_RETRIEVAL",
  "DOCUMENT_RETRIEVAL",
  "AUDIO_RETRIEVAL",
  "CLASSIFICATION",
  "CLUSTERING",
] as const;
const cohereTypes = ["float", "int8", "uint8", "binary", "ubinary"] as const;

/** The services that check the bodies of each family, and respond in its forms. Requests are authorized elsewhere. */
export const fakeModels: Readonly<Record<BedrockModelFamily, (model: FakeModel) => FakeService>> = {
  "titan-v2": (model) =>
    defineFakeService({
      ...shared(model),
      texts: { field: "inputText", limits: { inputs: 1, charactersPerInput: 50_000, tokensPerInput: 8192 } },
      flatten(body) {
        const read = oneText(body, "inputText");
        return typeof read === "string" ? read : oneType(read, "embeddingTypes", ["float", "binary"]);
      },
      fields: {
        dimensions: [1024, 512, 256, undefined],
        normalize: [true, false, undefined],
        embeddingTypes: ["float", "binary", undefined],
      },
      read: ({ dimensions = model.dimensions, embeddingTypes }) => ({
        dimensions,
        elementType: embeddingTypes === "binary" ? "ubinary" : "float",
      }),
      respond(items, inputTextTokenCount, { elementType }) {
        const vector = onlyVector(items);
        const body =
          elementType === "float"
            ? { embedding: vector, embeddingsByType: { float: vector } }
            : { embeddingsByType: { binary: unpacked(vector) } };
        return { headers: countHeader(inputTextTokenCount), body: { ...body, inputTextTokenCount } };
      },
    }),
  "titan-v1": (model) =>
    defineFakeService({
      ...shared(model),
      texts: { field: "inputText", limits: { inputs: 1, tokensPerInput: 8192 } },
      flatten: (body) => oneText(body, "inputText"),
      fields: {},
      respond: (items, inputTextTokenCount) => ({
        headers: countHeader(inputTextTokenCount),
        body: { embedding: onlyVector(items), inputTextTokenCount },
      }),
    }),
  "cohere-v3": (model) =>
    defineFakeService({
      ...shared(model),
      texts: {
        field: "texts",
        limits: { inputs: 96, charactersPerInput: 2048, tokensPerInput: 512 },
        truncates: ({ truncate = "NONE" }) => truncate !== "NONE",
      },
      flatten: (body) => oneType(body, "embedding_types", cohereTypes),
      fields: {
        input_type: purposes,
        truncate: ["NONE", "START", "END", undefined],
        embedding_types: [...cohereTypes, undefined],
      },
      read: ({ embedding_types: elementType = "float" }) => ({ elementType }),
      respond: respondAsCohere,
    }),
  "cohere-v4": (model) =>
    defineFakeService({
      ...shared(model),
      texts: {
        field: "texts",
        limits: { inputs: 96, tokensPerInput: 128_000, tokens: 128_000 },
        truncates: ({ truncate = "NONE" }) => truncate !== "NONE",
      },
      flatten: (body) => oneType(body, "embedding_types", cohereTypes),
      fields: {
        input_type: purposes,
        truncate: ["NONE", "LEFT", "RIGHT", undefined],
        embedding_types: [...cohereTypes, undefined],
        output_dimension: [256, 512, 1024, 1536, undefined],
        max_tokens: [{ from: 1, to: 128_000 }, undefined],
      },
      read: ({
        embedding_types: elementType = "float",
        output_dimension: dimensions = model.dimensions,
      }) => ({
        elementType,
        dimensions,
      }),
      respond: respondAsCohere,
    }),
  nova: (model) =>
    defineFakeService({
      ...shared(model),
      texts: {
        field: "value",
        limits: { inputs: 1, charactersPerInput: 8192, tokensPerInput: 8192 },
        truncates: ({ truncationMode }) => truncationMode !== "NONE",
      },
      flatten({ singleEmbeddingParams: parameters, ...rest }) {
        const { text, ...others } = isBody(parameters) ? parameters : {};
        if (!isBody(text)) return "singleEmbeddingParams.text is required";
        return oneText({ ...rest, ...others, ...text }, "value");
      },
      fields: {
        schemaVersion: ["nova-multimodal-embed-v1", undefined],
        taskType: ["SINGLE_EMBEDDING"],
        embeddingPurpose: novaPurposes,
        embeddingDimension: [256, 384, 1024, 3072, undefined],
        truncationMode: ["START", "END", "NONE"],
      },
      read: ({ embeddingDimension: dimensions = model.dimensions }) => ({ dimensions }),
      respond: (items, tokens) => ({
        headers: countHeader(tokens),
        body: { embeddings: items.map(({ embedding }) => ({ embeddingType: "TEXT", embedding })) },
      }),
    }),
};

function shared({ apiKey, path, dimensions, refuse }: FakeModel) {
  return { apiKey, keyHeaders: {}, path, dimensions, refuse };
}

function isBody(value: unknown): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A list of the only text. */
function oneText(body: Body, field: string): Body | string {
  const text = body[field];
  return typeof text === "string" ? { ...body, [field]: [text] } : `${field} must be a string`;
}

/** The only type of a list. The service accepts several, and responds with the vectors of each. */
function oneType(body: Body, field: string, types: readonly string[]): Body | string {
  const list = body[field];
  if (list === undefined) return body;
  const [type, ...more] = Array.isArray(list) ? (list as readonly unknown[]) : [];
  const isOne = more.length === 0 && types.some((each) => each === type);
  return isOne ? { ...body, [field]: type } : `${field} must be a list with one of ${types.join(", ")}`;
}

function countHeader(tokens: number): Record<string, string> {
  return { "x-amzn-bedrock-input-token-count": String(tokens) };
}

/** A response has room for one vector only; faults with another number of them are shown as a list. */
function onlyVector(items: readonly FakeItem[]): unknown {
  return items.length === 1 ? items[0]!.embedding : items.map(({ embedding }) => embedding);
}

/** Bits as one number each. What is no byte, as in a fault, is kept. */
function unpacked(vector: unknown): unknown {
  if (!Array.isArray(vector)) return vector;
  return vector.flatMap((byte: unknown) => {
    if (!Number.isInteger(byte) || (byte as number) < 0 || (byte as number) > 255)
      return [byte, 0, 0, 0, 0, 0, 0, 0];
    return Array.from({ length: 8 }, (_, bit) => ((byte as number) >> (7 - bit)) & 1);
  });
}

function respondAsCohere(
  items: readonly FakeItem[],
  tokens: number,
  { elementType }: FakeAsk,
): Omit<FakeReply, "status"> {
  const embeddings = { [elementType]: items.map(({ embedding }) => embedding) };
  return {
    headers: countHeader(tokens),
    body: { id: "fake-id", response_type: "embeddings_by_type", embeddings },
  };
}
