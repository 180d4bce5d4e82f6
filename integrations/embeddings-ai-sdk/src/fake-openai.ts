import { Buffer } from "node:buffer";
import type { FakeReply, FakeService } from "@llx/embeddings/testing";

/** Tokens in a request; the SDK's provider takes each byte for one. */
const mostTokens = 300_000;

/** `POST /v1/embeddings` of OpenAI, as seen by the SDK's providers. For tests. */
export function fakeOpenAi({ dimensions = 8 }: { dimensions?: number } = {}): FakeService {
  const apiKey = "sk-a-key-that-nobody-may-see";
  return {
    apiKey,
    refuse,
    countTokens: (text) => Buffer.byteLength(text),
    read({ method, path, headers, body }) {
      if (method !== "POST" || path !== "/v1/embeddings") return refuse(404, `no such address: ${path}`);
      if (headers["authorization"] !== `Bearer ${apiKey}`) return refuse(401, "wrong key");
      const { model, input, encoding_format: encoding } = body as Record<string, unknown>;
      if (model !== "small") return refuse(404, "no such model");
      if (encoding !== "float") return refuse(400, "wrong encoding_format");
      if (!Array.isArray(input) || input.length === 0) return refuse(400, "input must be a list of texts");
      if (Buffer.byteLength(input.join("")) > mostTokens) return refuse(400, "too many tokens");
      return { texts: input as string[], dimensions, elementType: "float", encoding: "json" };
    },
    answer(items, { texts }) {
      const tokens = texts.join("").length;
      const data = items.map((item) => ({ object: "embedding", ...item }));
      const usage = { prompt_tokens: tokens, total_tokens: tokens };
      return {
        status: 200,
        headers: { "x-request-id": "request-1" },
        body: { object: "list", model: "small", data, usage },
      };
    },
  };
}

function refuse(status: number, message: string): FakeReply {
  return { status, body: { error: { message, type: "error", param: null, code: null } } };
}
