import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { AuthenticationError, MalformedResponseError } from "@llx/http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { endpointUrl } from "./endpoint-url.ts";
import { herokuEmbedding } from "./index.ts";
import { readError } from "./read-error.ts";

const key = "inf-00000000-secret";

interface Request {
  readonly path: string | undefined;
  readonly authorization: string | undefined;
  readonly body: Record<string, unknown>;
}

let server: Server;
let requests: Request[];
let url: string;

/** Answers as the service does: it checks the key, the fields and the limits. */
function answer({ path, authorization, body }: Request): [status: number, answer: unknown] {
  const refuse = (status: number, message: string): [number, unknown] => [
    status,
    { error: { code: status, message, type: "invalid_request_error" } },
  ];
  if (path !== "/v1/embeddings") return refuse(404, "no such path");
  if (authorization !== `Bearer ${key}`) return refuse(401, "invalid key");
  const { model, input, input_type: inputType, ...unknown } = body;
  if (Object.keys(unknown).length > 0) return refuse(400, `unsupported: ${Object.keys(unknown).join()}`);
  if (typeof model !== "string") return refuse(400, "model is required");
  if (!Array.isArray(input) || input.length > 96) return refuse(400, "input: at most 96 strings");
  if (!["search_document", "search_query"].includes(String(inputType))) return refuse(400, "input_type");
  const data = (input as string[]).map((text, index) => {
    const embedding = new Array<number>(1024).fill(0);
    embedding[0] = text.length;
    return { object: "embedding", index, embedding };
  });
  const usage = { prompt_tokens: input.length, total_tokens: input.length };
  return [200, { object: "list", model, data: data.toReversed(), usage }];
}

beforeEach(async () => {
  requests = [];
  server = createServer((incoming, response) => {
    let text = "";
    incoming.on("data", (part: Buffer) => (text += part.toString()));
    incoming.on("end", () => {
      const body = JSON.parse(text) as Record<string, unknown>;
      const request = { path: incoming.url, authorization: incoming.headers.authorization, body };
      requests.push(request);
      const [status, said] = answer(request);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(said));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

describe("herokuEmbedding", () => {
  it("sends texts in arrays of up to 96, as documents, and puts the answers in order", async () => {
    await using model = herokuEmbedding({ apiKey: key, baseUrl: url });
    const texts = Array.from({ length: 100 }, (_, index) => `text ${"x".repeat(index)}`);
    const { embeddings, usage } = await model.getTextEmbeddingBatch(texts);
    expect(embeddings.map(([first]) => first)).toEqual(texts.map(({ length }) => length));
    expect(embeddings[0]).toHaveLength(1024);
    expect(usage).toEqual({ inputTokens: 100, outputTokens: undefined, totalTokens: 100 });
    const sent = requests.map(({ body }) => body["input"] as string[]);
    expect(sent.map(({ length }) => length).toSorted((a, b) => a - b)).toEqual([4, 96]);
    for (const { body } of requests) {
      expect(body).toMatchObject({ model: "cohere-embed-multilingual", input_type: "search_document" });
    }
  });

  it("sends a question as a query", async () => {
    await using model = herokuEmbedding({ apiKey: key, baseUrl: url });
    await model.getQueryEmbedding("why?");
    expect(requests[0]!.body).toEqual({
      model: "cohere-embed-multilingual",
      input: ["why?"],
      input_type: "search_query",
    });
  });

  it("reads its settings from the environment", async () => {
    vi.stubEnv("EMBEDDING_KEY", "");
    vi.stubEnv("INFERENCE_KEY", key);
    vi.stubEnv("EMBEDDING_URL", `${url}/`);
    vi.stubEnv("EMBEDDING_MODEL_ID", "cohere-embed-multilingual");
    await using model = herokuEmbedding();
    await model.getTextEmbedding("a");
    expect(requests[0]).toMatchObject({ path: "/v1/embeddings", authorization: `Bearer ${key}` });
  });

  it("says what is missing", () => {
    for (const name of ["EMBEDDING_KEY", "HEROKU_EMBEDDING_KEY", "INFERENCE_KEY"]) vi.stubEnv(name, "");
    expect(() => herokuEmbedding()).toThrow(
      "no API key for Heroku: set EMBEDDING_KEY or HEROKU_EMBEDDING_KEY or INFERENCE_KEY, or give the option apiKey",
    );
    expect(() => herokuEmbedding({ apiKey: key, baseUrl: "nowhere" })).toThrow(
      /must be an http or https URL/,
    );
  });

  it("refuses a text that is too long, by its index, before anything is sent", async () => {
    await using model = herokuEmbedding({ apiKey: key, baseUrl: url });
    await expect(model.getTextEmbeddingBatch(["a", "x".repeat(2049)])).rejects.toThrow(
      "texts[1] has 2049 characters, and the provider takes at most 2048",
    );
    expect(requests).toEqual([]);
  });

  it("fails with the service's own words, and without the key", async () => {
    const wrong = "inf-wrong-secret";
    await using model = herokuEmbedding({ apiKey: wrong, baseUrl: url });
    const error: unknown = await model.getTextEmbedding("a").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({
      message: "Heroku answered 401: invalid key",
      status: 401,
      retryable: false,
    });
    expect(inspect([error, model], { depth: 9, showHidden: true }) + JSON.stringify(model)).not.toContain(
      wrong,
    );
  });

  it("refuses an answer that is none", async () => {
    server.removeAllListeners("request");
    server.on("request", (_request, response) => void response.end('{"data":[{"index":0}]}'));
    await using model = herokuEmbedding({ apiKey: key, baseUrl: url });
    await expect(model.getTextEmbedding("a")).rejects.toThrow(MalformedResponseError);
  });
});

describe("the address", () => {
  it.each([
    ["https://a.example", "https://a.example/v1/embeddings"],
    ["https://a.example/", "https://a.example/v1/embeddings"],
    ["https://a.example/v1", "https://a.example/v1/embeddings"],
    ["https://a.example/v1/", "https://a.example/v1/embeddings"],
    ["https://a.example/v1/embeddings", "https://a.example/v1/embeddings"],
    ["https://a.example/v1/embeddings/", "https://a.example/v1/embeddings"],
    ["https://a.example/v1/chat/completions", "https://a.example/v1/embeddings"],
    ["https://a.example/proxy", "https://a.example/proxy/v1/embeddings"],
  ])("of %s is %s", (base, whole) => {
    expect(endpointUrl(base)).toBe(whole);
  });
});

describe("an error", () => {
  it.each([
    ["an object", { error: { code: 429, message: "slow down", type: "rate_limit_error" } }, "slow down"],
    ["JSON inside a string", { error: '{"error":{"message":"inner"}}' }, "inner"],
    ["JSON of a message inside a string", { error: '{"message":"inner"}' }, "inner"],
    ["a plain string", { error: "just words" }, "just words"],
    ["a message at the top", { message: "at the top" }, "at the top"],
    ["raw text", "<html>", undefined],
    ["nothing", null, undefined],
    ["something else", { error: 5 }, undefined],
  ])("is read from %s", (_form, body, words) => {
    expect(readError(body)).toBe(words);
  });
});
