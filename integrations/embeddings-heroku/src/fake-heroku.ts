import type { FakeAsk, FakeReply, FakeService } from "@llx/embeddings/testing";
import { RefusedRequest, readFields } from "./fake-fields.ts";

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
const rates = { requests: 500, tokens: 800_000 };

/**
 * Heroku Managed Inference as a client sees it, for tests: it checks each request as the service does, and responds in
 * its forms. A text counts as one token per four characters, rounded up; each response reports the rate limits as if
 * it were the first of its minute.
 */
export function fakeHeroku(options: FakeHerokuOptions = {}): FakeService {
  const { apiKey = "inf-fake-key", model = "cohere-embed-multilingual", dimensions = 1024 } = options;
  return {
    apiKey,
    read({ method, path, headers, body }) {
      if (path.replace(/\?.*$/s, "") !== "/v1/embeddings") return refuse(404, `no such path: ${path}`);
      if (method !== "POST") return refuse(405, `${method} is not allowed here`);
      if (headers["authorization"] !== `Bearer ${apiKey}`) return refuse(401, "invalid API key");
      if (!/^application\/json\b/i.test(headers["content-type"] ?? "")) {
        return refuse(400, "the content type must be application/json");
      }
      try {
        return readFields(body, { model, dimensions });
      } catch (error) {
        if (error instanceof RefusedRequest) return refuse(400, error.message);
        throw error;
      }
    },
    answer(items, ask) {
      const tokens = tokensOf(ask);
      const data = items.map(({ index, embedding }) => ({ object: "embedding", index, embedding }));
      const usage = { prompt_tokens: tokens, total_tokens: tokens };
      return { status: 200, headers: rateHeaders(tokens), body: { object: "list", model, data, usage } };
    },
    refuse,
  };
}

function refuse(status: number, message: string): FakeReply {
  return { status, body: { error: { code: status, message, type: typeOf(status) } } };
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

function tokensOf({ texts }: FakeAsk): number {
  return texts.reduce((sum, { length }) => sum + Math.ceil(length / 4), 0);
}

function rateHeaders(tokens: number): Record<string, string> {
  return {
    "x-ratelimit-limit-requests": String(rates.requests),
    "x-ratelimit-remaining-requests": String(rates.requests - 1),
    "x-ratelimit-reset-requests": "60s",
    "x-ratelimit-limit-tokens": String(rates.tokens),
    "x-ratelimit-remaining-tokens": String(rates.tokens - tokens),
    "x-ratelimit-reset-tokens": "60s",
  };
}
