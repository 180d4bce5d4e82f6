import { defineFakeService, type FakeReply, type FakeService } from "@llx/embeddings/testing";

/** Options of the fake Mistral service. */
export interface FakeMistralOptions {
  /** The key that it accepts. Default `fake-key-of-mistral`. */
  readonly apiKey?: string | undefined;
  /** The model that it serves. Default `mistral-embed`. */
  readonly model?: string | undefined;
  /** Numbers in its embeddings, where a request asks for no other. Default 1024. */
  readonly dimensions?: number | undefined;
}

/** The limits per minute of one account, as reported in https://github.com/mistralai/client-ts/issues/169. */
const rates = { requests: 720, tokens: 5_000_000 };

/**
 * Mistral as a client sees it, for tests: it checks each request as the service does, and responds in its forms. A text
 * counts as one token per four characters, rounded up; each response reports the rate limits as if it were the first of
 * its minute.
 */
export function fakeMistral(options: FakeMistralOptions = {}): FakeService {
  const { apiKey = "fake-key-of-mistral", model = "mistral-embed", dimensions = 1024 } = options;
  const isFixed = model.startsWith("mistral-embed");
  return defineFakeService({
    apiKey,
    keyHeaders: { authorization: `Bearer ${apiKey}` },
    path: "/v1/embeddings",
    model,
    dimensions,
    fields: {
      metadata: "any",
      output_dimension: [...(isFixed ? [] : [{ from: 1, to: 3072 }]), null, undefined],
      output_dtype: ["float", "int8", "uint8", "binary", "ubinary", undefined],
      encoding_format: ["float", "base64", undefined],
    },
    texts: {
      field: "input",
      single: true,
      limits: { inputs: 256, tokensPerInput: 8190, tokens: 16_384 },
    },
    read: (values) => ({
      dimensions: values.output_dimension ?? dimensions,
      elementType: values.output_dtype ?? "float",
      encoding: values.encoding_format === "base64" ? "base64" : "json",
    }),
    respond(items, tokens) {
      const data = items.map((item) => ({ object: "embedding", ...item }));
      const usage = { prompt_tokens: tokens, total_tokens: tokens, completion_tokens: 0 };
      return {
        headers: rateHeaders(tokens),
        body: { id: "fake-response", object: "list", data, model, usage },
      };
    },
    refuse,
    refuseTexts: (message) => refuse(400, message),
    refuseFields: (message) =>
      refusal(422, { detail: [{ type: "value_error", loc: ["body"], msg: message }] }),
  });
}

/** @param wait milliseconds that are stated in `Retry-After` */
function refuse(status: number, message: string, wait?: number): FakeReply {
  // The gateway checks the address and the key.
  if (status === 401 || status === 404 || status === 405) return { status, body: { detail: message } };
  const headers = wait === undefined ? undefined : { "retry-after": String(wait / 1000) };
  return { ...refusal(status, message), headers };
}

const kinds: Readonly<Record<number, readonly [type: string, code: string]>> = {
  400: ["invalid_request_prompt", "3210"],
  429: ["rate_limited", "1300"],
};

function refusal(status: number, message: unknown): FakeReply {
  const [type, code] = kinds[status] ?? [status >= 500 ? "server_error" : "invalid_request_error", null];
  return { status, body: { object: "error", message, type, param: null, code, raw_status_code: status } };
}

function rateHeaders(tokens: number): Record<string, string> {
  return {
    "x-ratelimit-limit-req-minute": String(rates.requests),
    "x-ratelimit-remaining-req-minute": String(rates.requests - 1),
    "x-ratelimit-limit-tokens-minute": String(rates.tokens),
    "x-ratelimit-remaining-tokens-minute": String(rates.tokens - tokens),
    "x-ratelimit-tokens-query-cost": String(tokens),
  };
}
