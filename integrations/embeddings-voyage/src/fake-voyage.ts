import { defineFakeService, type FakeReply, type FakeService } from "@llx/embeddings/testing";

/** Options of the fake Voyage service. */
export interface FakeVoyageOptions {
  /** The key that it accepts. Default `pa-fake-key-of-voyage`. */
  readonly apiKey?: string | undefined;
  /** The model that it serves. Default `voyage-4`. */
  readonly model?: string | undefined;
  /** Numbers in its embeddings where a request asks for none. Default 1024. */
  readonly dimensions?: number | undefined;
  /** The model with which it ranks texts. Default `rerank-2.5`. */
  readonly rerankModel?: string | undefined;
}

/** Models without a choice of dimensions and element types. */
const fixed = new Set(["voyage-finance-2", "voyage-law-2", "voyage-code-2"]);
/** Models with a shorter context than 32,000 tokens. */
const short = new Set(["voyage-law-2", "voyage-code-2"]);
/** Models that take more than 120,000 tokens in a request. */
const largest: Readonly<Record<string, number | undefined>> = {
  "voyage-4-lite": 1_000_000,
  "voyage-3.5-lite": 1_000_000,
  "voyage-4": 320_000,
  "voyage-3.5": 320_000,
  "voyage-code-4": 320_000,
};

/** Tokens of a query, of a query and a text, and of a request. */
const rerankers: Readonly<Record<string, readonly [number, number, number] | undefined>> = {
  "rerank-2": [4000, 16_000, 600_000],
  "rerank-2-lite": [2000, 8000, 600_000],
  "rerank-1": [2000, 8000, 300_000],
  "rerank-lite-1": [1000, 4000, 300_000],
};

/**
 * Voyage as a client sees it, for tests: it checks each request as the service does, and responds in its forms. A text
 * counts as one token per four characters, rounded up. As the service, it does not say how long to wait after a refusal.
 */
export function fakeVoyage(options: FakeVoyageOptions = {}): FakeService {
  const { apiKey = "pa-fake-key-of-voyage", model = "voyage-4", dimensions = 1024 } = options;
  const { rerankModel = "rerank-2.5" } = options;
  const isFixed = fixed.has(model);
  const [tokensPerQuery, tokensPerPair, tokens] = rerankers[rerankModel] ?? [8000, 32_000, 600_000];
  return defineFakeService({
    apiKey,
    keyHeaders: { authorization: `Bearer ${apiKey}` },
    path: "/v1/embeddings",
    model,
    dimensions,
    fields: {
      input_type: ["query", "document", null, undefined],
      truncation: [true, false, undefined],
      output_dimension: [...(isFixed ? [dimensions] : [256, 512, 1024, 2048]), null, undefined],
      output_dtype: [
        "float",
        ...(isFixed ? [] : (["int8", "uint8", "binary", "ubinary"] as const)),
        undefined,
      ],
      encoding_format: ["base64", null, undefined],
    },
    texts: {
      field: "input",
      single: true,
      blank: true,
      limits: {
        inputs: 1000,
        tokensPerInput: short.has(model) ? 16_000 : 32_000,
        tokens: largest[model] ?? 120_000,
      },
      truncates: (values) => values.truncation !== false,
    },
    read: (values) => ({
      dimensions: values.output_dimension ?? dimensions,
      elementType: values.output_dtype ?? "float",
      encoding: values.encoding_format === "base64" ? "base64" : "json",
    }),
    respond(items, total_tokens) {
      const data = items.map((item) => ({ object: "embedding", ...item }));
      return { body: { object: "list", data, model, usage: { total_tokens } } };
    },
    refuse,
    rerank: {
      path: "/v1/rerank",
      model: rerankModel,
      topN: "top_k",
      fields: { truncation: [true, false, undefined], return_documents: [false, undefined] },
      texts: {
        field: "documents",
        blank: true,
        limits: { inputs: 1000, tokensPerQuery, tokensPerPair, tokens },
        truncates: (values) => values["truncation"] !== false,
      },
      respond(results, total_tokens) {
        const data = results.map(({ index, score }) => ({ index, relevance_score: score }));
        return { body: { object: "list", data, model: rerankModel, usage: { total_tokens } } };
      },
    },
  });
}

function refuse(status: number, message: string): FakeReply {
  return { status, body: { detail: message } };
}
