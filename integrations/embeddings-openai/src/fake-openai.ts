import type { FakeReply, FakeService } from "@llx/embeddings/testing";
import { fakeTokens, readFields, RefusedRequest } from "./fake-fields.ts";

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
  return {
    apiKey,
    read({ method, path, headers, body }) {
      if (path.replace(/\?.*$/s, "") !== "/v1/embeddings") return refuse(404, `there is nothing at ${path}`);
      if (method !== "POST") return refuse(405, `${method} is not allowed here`);
      if (headers["authorization"] !== `Bearer ${apiKey}`) return refuse(401, "the API key is not valid");
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
    answer(items, { texts }) {
      const data = items.map(({ index, embedding }) => ({ object: "embedding", index, embedding }));
      const tokens = texts.reduce((sum, text) => sum + fakeTokens(text), 0);
      const usage = { prompt_tokens: tokens, total_tokens: tokens };
      return { status: 200, body: { object: "list", model, data, usage } };
    },
    refuse,
  };
}

function refuse(status: number, message: string): FakeReply {
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  return { status, body: { error: { message, type, param: null, code: null } } };
}
