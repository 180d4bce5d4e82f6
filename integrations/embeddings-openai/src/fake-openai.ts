import { defineFakeService, type FakeReply, type FakeService } from "@llx/embeddings/testing";

/** Options of the fake OpenAI service. */
export interface FakeOpenaiOptions {
  /** The key that it accepts. Default `fake-key-of-openai`. */
  readonly apiKey?: string | undefined;
  /** The model that it serves. Default `text-embedding-3-small`. */
  readonly model?: string | undefined;
  /** Numbers in its embeddings, where a request asks for no other. Default 1536. */
  readonly dimensions?: number | undefined;
}

/**
 * OpenAI as a client sees it, for tests: it checks each request as the service does, and responds in its forms. A text
 * counts as one token per four characters, rounded up.
 */
export function fakeOpenai(options: FakeOpenaiOptions = {}): FakeService {
  const { apiKey = "fake-key-of-openai", model = "text-embedding-3-small", dimensions = 1536 } = options;
  return defineFakeService({
    apiKey,
    keyHeaders: { authorization: `Bearer ${apiKey}` },
    path: "/v1/embeddings",
    model,
    dimensions,
    fields: {
      dimensions: [{ from: 1, to: dimensions }, undefined],
      encoding_format: ["float", "base64", undefined],
      user: "any",
    },
    texts: {
      field: "input",
      single: true,
      blank: true,
      limits: { inputs: 2048, tokensPerInput: 8192, tokens: 300_000 },
    },
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

/** A wait is stated as the time until the limit of requests resets. */
function refuse(status: number, message: string, wait?: number): FakeReply {
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  const body = { error: { message, type, param: null, code: null } };
  return { status, ...(wait !== undefined && { headers: rateHeaders(wait) }), body };
}

/** With the limit of the documents' example. */
function rateHeaders(wait: number): Record<string, string> {
  return {
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": `${wait}ms`,
  };
}
