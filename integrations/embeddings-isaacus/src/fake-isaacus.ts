import { defineFakeService, type FakeReply, type FakeService } from "@llx/embeddings/testing";

/** Options of the fake Isaacus service. */
export interface FakeIsaacusOptions {
  /** The key that it accepts. Default `iuak_v1_fake_key`. */
  readonly apiKey?: string | undefined;
  /** The model that it serves. Default `kanon-2-embedder`. */
  readonly model?: string | undefined;
  /** Numbers in its embeddings where a request asks for none. Default 1792. */
  readonly dimensions?: number | undefined;
  /** The model with which it ranks texts. Default `kanon-2-reranker`. */
  readonly rerankModel?: string | undefined;
}

/** Documented for one model only. */
const dimensionsToChoose: Readonly<Record<string, readonly number[] | undefined>> = {
  "kanon-2-embedder": [1792, 1024, 768, 512, 256],
};

/**
 * Isaacus as a client sees it, for tests: it checks each request as the service does, and responds in its forms. A text
 * counts as one token per four characters, rounded up.
 */
export function fakeIsaacus(options: FakeIsaacusOptions = {}): FakeService {
  const { apiKey = "iuak_v1_fake_key", model = "kanon-2-embedder", dimensions = 1792 } = options;
  const { rerankModel = "kanon-2-reranker" } = options;
  return defineFakeService({
    apiKey,
    keyHeaders: { authorization: `Bearer ${apiKey}` },
    path: "/v1/embeddings",
    model,
    dimensions,
    fields: {
      task: ["retrieval/query", "retrieval/document", null, undefined],
      overflow_strategy: ["drop_end", null, undefined],
      dimensions: [
        ...(Object.hasOwn(dimensionsToChoose, model) ? dimensionsToChoose[model]! : [{ from: 1 }]),
        null,
        undefined,
      ],
    },
    texts: {
      field: "texts",
      single: true,
      limits: { inputs: 128, tokensPerInput: 16_384 },
      truncates: (values) => values.overflow_strategy !== null,
    },
    read: (values) => ({ dimensions: values.dimensions ?? dimensions }),
    respond: (items, tokens) => ({ body: { embeddings: items, usage: { input_tokens: tokens } } }),
    refuse,
    rerank: {
      path: "/v1/rerankings",
      model: rerankModel,
      topN: "top_n",
      fields: {
        is_iql: [true, false, undefined],
        scoring_method: ["auto", "chunk_max", "chunk_avg", "chunk_min", undefined],
        chunking_options: "any",
      },
      texts: { field: "texts", limits: {} },
      respond: (results, tokens) => ({ body: { results, usage: { input_tokens: tokens } } }),
    },
  });
}

const titles: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Authentication failed",
  402: "Payment required",
  403: "Permission denied",
  404: "Not found",
  405: "Method not allowed",
  413: "Request too large",
  500: "Internal server error",
};

/** A problem report; a status of a gateway comes as its page. */
function refuse(status: number, message: string): FakeReply {
  const title = titles[status];
  if (title === undefined) return { status, body: `<html><body><h1>${status} ${message}</h1></body></html>` };
  const body = { type: "about:blank", title, status, detail: message, instance: "/v1/embeddings" };
  return { status, headers: { "content-type": "application/problem+json" }, body };
}
