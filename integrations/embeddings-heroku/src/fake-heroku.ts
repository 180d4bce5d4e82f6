import { defineFakeService, type FakeReply, type FakeService } from "@llx/embeddings/testing";

/** Options of the fake Heroku service. */
export interface FakeHerokuOptions {
  /** The key that it accepts. Default `inf-fake-key`. */
  readonly apiKey?: string | undefined;
  /** The model that it serves. Default `cohere-embed-multilingual`. */
  readonly model?: string | undefined;
  /** Numbers in its embeddings. Default 1024. */
  readonly dimensions?: number | undefined;
}

/** The limits per minute, according to the documents. */
const minute = 60_000;
const rates = { requests: 500, tokens: 800_000 };
/** The length of a text is documented for one model only. */
const longestTexts: Readonly<Record<string, number | undefined>> = { "cohere-embed-multilingual": 2048 };

/**
 * Heroku Managed Inference as a client sees it, for tests: it checks each request as the service does, and responds in
 * its forms. A text counts as one token per four characters, rounded up; each response reports the rate limits as if
 * it were the first of its minute.
 */
export function fakeHeroku(options: FakeHerokuOptions = {}): FakeService {
  const { apiKey = "inf-fake-key", model = "cohere-embed-multilingual", dimensions = 1024 } = options;
  return defineFakeService({
    apiKey,
    keyHeaders: { authorization: `Bearer ${apiKey}` },
    path: "/v1/embeddings",
    model,
    dimensions,
    fields: {
      input_type: ["search_document", "search_query", "classification", "clustering", undefined],
      encoding_format: ["raw", "base64", undefined],
      embedding_type: ["float", "int8", "uint8", "binary", "ubinary", undefined],
      allow_ignored_params: [true, false, undefined],
    },
    allowsMore: (values) => values.allow_ignored_params === true,
    texts: {
      field: "input",
      single: true,
      limits: {
        inputs: 96,
        charactersPerInput: Object.hasOwn(longestTexts, model) ? longestTexts[model] : undefined,
      },
    },
    read: (values) => ({
      elementType: values.embedding_type ?? "float",
      encoding: values.encoding_format === "base64" ? "base64" : "json",
    }),
    respond(items, tokens) {
      const data = items.map((item) => ({ object: "embedding", ...item }));
      const usage = { prompt_tokens: tokens, total_tokens: tokens };
      return { headers: rateHeaders(1, tokens, minute), body: { object: "list", model, data, usage } };
    },
    refuse,
  });
}

/** A wait is stated as the time until the limit of requests resets, in whole seconds. */
function refuse(status: number, message: string, wait?: number): FakeReply {
  const body = { error: { code: status, message, type: typeOf(status) } };
  return { status, ...(wait !== undefined && { headers: rateHeaders(rates.requests, 0, wait) }), body };
}

function typeOf(status: number): string {
  if (status >= 500) return "server_error";
  const types: Readonly<Record<number, string>> = {
    401: "authentication_error",
    403: "authorization_error",
    429: "rate_limit_error",
  };
  return types[status] ?? "invalid_request_error";
}

/** After so many requests and tokens of a minute that ends in `reset` milliseconds. */
function rateHeaders(requests: number, tokens: number, reset: number): Record<string, string> {
  const seconds = `${Math.ceil(reset / 1000)}s`;
  return {
    "x-ratelimit-limit-requests": String(rates.requests),
    "x-ratelimit-remaining-requests": String(rates.requests - requests),
    "x-ratelimit-reset-requests": seconds,
    "x-ratelimit-limit-tokens": String(rates.tokens),
    "x-ratelimit-remaining-tokens": String(rates.tokens - tokens),
    "x-ratelimit-reset-tokens": seconds,
  };
}
