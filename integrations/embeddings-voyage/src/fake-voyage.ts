import { defineFakeService, type FakeReply, type FakeService } from "@llx/embeddings/testing";

/** Options of the fake Voyage service. */
export interface FakeVoyageOptions {
  /** The key that it accepts. Default `pa-fake-key-of-voyage`. */
  readonly apiKey?: string | undefined;
  /** The model that it serves. Default `voyage-4`. */
  readonly model?: string | undefined;
  /** Numbers in its embeddings where a request asks for none. Default 1024. */
  readonly dimensions?: number | undefined;
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

/**
 * Voyage as a client sees it, for tests: it checks each request as the service does, and responds in its forms. A text
 * counts as one token per four characters, rounded up. As the service, it does not say how long to wait after a refusal.
 */
export function fakeVoyage(options: FakeVoyageOptions = {}): FakeService {
  const { apiKey = "pa-fake-key-of-voyage", model = "voyage-4", dimensions = 1024 } = options;
  const isFixed = fixed.has(model);
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
    respond(items, tokens) {
      const data = items.map((item) => ({ object: "embedding", ...item }));
      return { body: { object: "list", data, model, usage: { total_tokens: tokens } } };
    },
    refuse,
  });
}

function refuse(status: number, message: string): FakeReply {
  return { status, body: { detail: message } };
}
