import type { FakeReply, FakeService } from "@llx/embeddings/testing";
import { fakeTokens, readFields, RefusedRequest } from "./fake-fields.ts";

/** What the stand-in for Sample Provider serves, and to whom. */
export interface FakeSampleProviderOptions {
  /** The key that it takes. Default `fake-key-of-sample-provider`. */
  readonly apiKey?: string | undefined;
  /** The model that it serves. Default `sample-embed`. */
  readonly model?: string | undefined;
  /** Numbers in its embeddings, where a request asks for no other. Default 1024. */
  readonly dimensions?: number | undefined;
}

/**
 * Sample Provider as far as a client can tell, for tests: it checks each request as the service does, and
 * answers in its forms. A text counts as one token for every four characters, begun or whole.
 */
export function fakeSampleProvider(options: FakeSampleProviderOptions = {}): FakeService {
  const { apiKey = "fake-key-of-sample-provider", model = "sample-embed", dimensions = 1024 } = options;
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
