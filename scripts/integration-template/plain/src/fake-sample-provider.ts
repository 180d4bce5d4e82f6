import type { FakeReply, FakeService } from "@llx/embeddings/testing";
import { readFields, RefusedRequest } from "./fake-fields.ts";

/** What the stand-in for Sample Provider serves, and to whom. */
export interface FakeSampleProviderOptions {
  /** The key that it takes. Default `fake-key-of-sample-provider`. */
  readonly apiKey?: string | undefined;
  /** The model that it serves. Default `sample-embed`. */
  readonly model?: string | undefined;
  /** Numbers in its embeddings. Default 1024. */
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
      // Fill in: the path, and how the key is sent.
      if (path.replace(/\?.*$/s, "") !== "/v1/embed") return refuse(404, `there is nothing at ${path}`);
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
      // Fill in: the form of an answer.
      const vectors = items.map(({ index, embedding }) => ({ place: index, values: embedding }));
      const tokens = texts.reduce((sum, { length }) => sum + Math.ceil(length / 4), 0);
      return { status: 200, body: { vectors, usage: { tokens } } };
    },
    refuse,
  };
}

function refuse(status: number, message: string): FakeReply {
  // Fill in: the form of an error.
  return { status, body: { reason: message } };
}
