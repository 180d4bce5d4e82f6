import { defineFakeService, type FakeReply, type FakeService } from "@llx/embeddings/testing";

/** Options of the fake Cohere service. */
export interface FakeCohereOptions {
  /** The key that it accepts. Default `fake-key-of-cohere`. */
  readonly apiKey?: string | undefined;
  /** The model that it serves. Default `embed-v4.0`. */
  readonly model?: string | undefined;
  /** Numbers in its embeddings where a request asks for none. Default 1536. */
  readonly dimensions?: number | undefined;
  /** The model with which it ranks texts. Default `rerank-v4.0-pro`. */
  readonly rerankModel?: string | undefined;
}

/** What is documented of the models; `embed-v4.0` is the first that offers a choice of dimensions. */
const models: Readonly<Record<string, { tokens: number; toChoose: readonly number[] } | undefined>> = {
  "embed-v4.0": { tokens: 128_000, toChoose: [256, 512, 1024, 1536] },
  "embed-english-v3.0": { tokens: 512, toChoose: [] },
  "embed-english-light-v3.0": { tokens: 512, toChoose: [] },
  "embed-multilingual-v3.0": { tokens: 512, toChoose: [] },
  "embed-multilingual-light-v3.0": { tokens: 512, toChoose: [] },
};

/**
 * Cohere as a client sees it, for tests: it checks each request as the service does, and responds in its forms. A text
 * counts as one token per four characters, rounded up. Of a request with several embedding types, with `max_tokens`, or
 * with images, it says that it does not simulate them. A refusal states no wait, as Cohere documents none.
 */
export function fakeCohere(options: FakeCohereOptions = {}): FakeService {
  const { apiKey = "fake-key-of-cohere", model = "embed-v4.0", dimensions = 1536 } = options;
  const { rerankModel = "rerank-v4.0-pro" } = options;
  const known = Object.hasOwn(models, model) ? models[model] : undefined;
  return defineFakeService({
    apiKey,
    keyHeaders: { authorization: `Bearer ${apiKey}` },
    path: "/v2/embed",
    model,
    dimensions,
    flatten: (body) =>
      known?.toChoose.length === 0 && "output_dimension" in body
        ? `output_dimension is not available for ${model}`
        : flatten(body),
    fields: {
      input_type: ["search_document", "search_query", "classification", "clustering"],
      embedding_type: ["float", "int8", "uint8", "binary", "ubinary", undefined],
      output_dimension: [...(known?.toChoose ?? [{ from: 1 }]), undefined],
      truncate: ["NONE", "START", "END", undefined],
      priority: [{ from: 0, to: 999 }, undefined],
    },
    texts: {
      field: "texts",
      // Only an empty text is documented as refused.
      blank: true,
      limits: { inputs: 96, tokensPerInput: known?.tokens },
      truncates: (values) => values.truncate !== "NONE",
    },
    read: (values) => ({
      dimensions: values.output_dimension ?? dimensions,
      elementType: values.embedding_type ?? "float",
    }),
    respond: (items, tokens, { texts, elementType }) => ({
      body: {
        id: "da6e531f-54c6-4a73-bf92-f60566d8d753",
        embeddings: { [elementType]: items.map(({ embedding }) => embedding) },
        texts,
        meta: { api_version: { version: "2" }, billed_units: { input_tokens: tokens } },
        response_type: "embeddings_by_type",
      },
    }),
    refuse,
    rerank: {
      path: "/v2/rerank",
      model: rerankModel,
      topN: "top_n",
      fields: { max_tokens_per_doc: [{ from: 1 }, undefined], priority: [{ from: 0, to: 999 }, undefined] },
      // What is too long is cut.
      texts: { field: "documents", blank: true, limits: { inputs: 10_000 } },
      respond: (results, _tokens, { texts }) => ({
        body: {
          id: "07734bd2-2473-4f07-94e1-0d9f0e6843cf",
          results: results.map(({ index, score }) => ({ index, relevance_score: score })),
          // One for each hundred texts.
          meta: {
            api_version: { version: "2" },
            billed_units: { search_units: Math.ceil(texts.length / 100) },
          },
        },
      }),
    },
  });
}

/** The first of the requested embedding types, as there is one form of a vector in a response. */
function flatten(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | string {
  const { embedding_types: types = ["float"], ...rest } = body;
  if (!Array.isArray(types)) return "embedding_types must be an array";
  if (types.length === 0) return "embedding_types must not be empty";
  if (types.length > 1) return "this fake responds with one of the embedding_types";
  for (const name of ["max_tokens", "images", "inputs"]) {
    if (name in rest) return `this fake has no ${name}`;
  }
  return { ...rest, embedding_type: types[0] as unknown };
}

/** All errors have this form, and an id that differs from one to the next. */
function refuse(status: number, message: string): FakeReply {
  return { status, body: { id: "1a2b3c4d-0000-4000-8000-000000000000", message } };
}
