import type { FakeReply, FakeService } from "@llx/embeddings/testing";
import { fakeTokens, mostTokens, readFields, RefusedRequest } from "./fake-fields.ts";

/** Options of the fake Isaacus service. */
export interface FakeIsaacusOptions {
  /** The key that it accepts. Default `iuak_v1_fake_key`. */
  readonly apiKey?: string | undefined;
  /** The model that it serves. Default `kanon-2-embedder`. */
  readonly model?: string | undefined;
  /** Numbers in its embeddings where a request asks for none. Default 1792. */
  readonly dimensions?: number | undefined;
}

/**
 * Isaacus as a client sees it, for tests: it checks each request as the service does, and responds in its forms. A text
 * counts as one token per four characters, rounded up.
 */
export function fakeIsaacus(options: FakeIsaacusOptions = {}): FakeService {
  const { apiKey = "iuak_v1_fake_key", model = "kanon-2-embedder", dimensions = 1792 } = options;
  return {
    apiKey,
    read({ method, path, headers, body }) {
      if (path.replace(/\?.*$/s, "") !== "/v1/embeddings") return refuse(404, `There is nothing at ${path}.`);
      if (method !== "POST") return refuse(405, `${method} is not allowed here.`);
      if (headers["authorization"] !== `Bearer ${apiKey}`) return refuse(401, "The API key is not valid.");
      if (!/^application\/json\b/i.test(headers["content-type"] ?? "")) {
        return refuse(400, "The content type must be application/json.");
      }
      try {
        return readFields(body, { model, dimensions });
      } catch (error) {
        if (error instanceof RefusedRequest) return refuse(400, error.message);
        throw error;
      }
    },
    answer(items, { texts }) {
      const embeddings = items.map(({ index, embedding }) => ({ index, embedding }));
      const tokens = texts.reduce((sum, text) => sum + Math.min(fakeTokens(text), mostTokens), 0);
      return { status: 200, body: { embeddings, usage: { input_tokens: tokens } } };
    },
    refuse,
  };
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
