import { defineFakeService, type FakeReply, type FakeService } from "@llx/embeddings/testing";

/** Options of the fake Sample Provider service. */
export interface FakeSampleProviderOptions {
  /** The key that it accepts. Default `fake-key-7f3a9c2e51d8`. */
  readonly apiKey?: string | undefined;
  /** The model that it serves. Default `sample-embed`. */
  readonly model?: string | undefined;
  /** Numbers in its embeddings, where a request asks for no other. Default 1024. */
  readonly dimensions?: number | undefined;
}

/**
 * Sample Provider as a client sees it, for tests: it checks each request as the service does, and responds in its
 * forms. A text counts as one token per four characters, rounded up.
 */
export function fakeSampleProvider(options: FakeSampleProviderOptions = {}): FakeService {
  const { apiKey = "fake-key-7f3a9c2e51d8", model = "sample-embed", dimensions = 1024 } = options;
  return defineFakeService({
    apiKey,
    keyHeaders: { authorization: `Bearer ${apiKey}` },
    // Fill in: what the service accepts, according to its documents; what it refuses with another status than 400
    // (above its limits with 413: `refuseLimits`; fields with 422: `refuseFields`) or 401 (a key: `refuseKey`).
    path: "/v1/embeddings",
    model,
    dimensions,
    fields: {
      dimensions: [{ from: 1, to: dimensions }, undefined],
      encoding_format: ["float", "base64", undefined],
      user: "any",
    },
    texts: { field: "input", single: true, blank: true, limits: { inputs: 128, tokensPerInput: 8192 } },
    read: (values) => ({
      dimensions: values.dimensions ?? dimensions,
      encoding: values.encoding_format === "base64" ? "base64" : "json",
    }),
    respond(items, tokens) {
      const data = items.map((item) => ({ object: "embedding", ...item }));
      const usage = { prompt_tokens: tokens, total_tokens: tokens };
      return { body: { object: "list", model, data, usage } };
    },
    refuse,
  });
}

/** @param wait milliseconds that it asks to wait, for a refusal that states that */
function refuse(status: number, message: string, wait?: number): FakeReply {
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  // If it states no wait with a 429, remove `wait` and its test.
  const headers = wait === undefined ? undefined : { "retry-after": String(wait / 1000) };
  return { status, headers, body: { error: { message, type, param: null, code: null } } };
}
