import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { BadRequestError, MalformedResponseError, PermissionError } from "@llx/http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isaacusEmbedding } from "./index.ts";

const key = "iuak_v1_secret_checksum";

interface Request {
  readonly path: string | undefined;
  readonly authorization: string | undefined;
  readonly body: Record<string, unknown>;
}

let server: Server;
let requests: Request[];
let baseUrl: string;

/** Answers as the service does: it checks the key, the fields and the limits. */
function answer({ path, authorization, body }: Request): [status: number, answer: unknown] {
  const problem = (status: number, title: string, detail: string): [number, unknown] => [
    status,
    { type: "about:blank", title, status, detail, instance: path },
  ];
  if (path !== "/v1/embeddings") return problem(404, "Not found", "no such path");
  if (authorization !== `Bearer ${key}`) return problem(403, "Forbidden", "no subscription");
  const { model, texts, task, dimensions, ...unknown } = body;
  if (Object.keys(unknown).length > 0)
    return problem(400, "Validation", `unknown: ${Object.keys(unknown).join()}`);
  if (model !== "kanon-2-embedder") return problem(400, "Validation", "model");
  if (!Array.isArray(texts) || texts.length > 128) return problem(400, "Validation", "at most 128 texts");
  if (!["retrieval/document", "retrieval/query"].includes(String(task)))
    return problem(400, "Validation", "task");
  if (![1792, 1024, 768, 512, 256].includes(Number(dimensions)))
    return problem(400, "Validation", "dimensions");
  const embeddings = (texts as string[]).map((text, index) => {
    const embedding = new Array<number>(Number(dimensions)).fill(0);
    embedding[0] = text.length;
    return { index, embedding };
  });
  return [200, { embeddings: embeddings.toReversed(), usage: { input_tokens: texts.length } }];
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
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});

afterEach(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

describe("isaacusEmbedding", () => {
  it("sends up to 128 texts at once, as documents, and puts the answers in order", async () => {
    await using model = isaacusEmbedding({ apiKey: key, baseUrl });
    const texts = Array.from({ length: 130 }, (_, index) => `clause ${"x".repeat(index)}`);
    const { embeddings, usage } = await model.getTextEmbeddingBatch(texts);
    expect(embeddings.map(([first]) => first)).toEqual(texts.map(({ length }) => length));
    expect(embeddings[0]).toHaveLength(1792);
    expect(usage).toEqual({ inputTokens: 130, outputTokens: undefined, totalTokens: undefined });
    const sizes = requests.map(({ body }) => (body["texts"] as string[]).length);
    expect(sizes.toSorted((a, b) => a - b)).toEqual([2, 128]);
    expect(requests[0]!.body).toMatchObject({ task: "retrieval/document", dimensions: 1792 });
  });

  it("sends a question as a query, in the dimensions asked for", async () => {
    await using model = isaacusEmbedding({ apiKey: key, baseUrl: `${baseUrl}/`, dimensions: 256 });
    expect(await model.getQueryEmbedding("What are the termination terms?")).toHaveLength(256);
    expect(requests[0]!.body).toEqual({
      model: "kanon-2-embedder",
      texts: ["What are the termination terms?"],
      task: "retrieval/query",
      dimensions: 256,
    });
  });

  it("reads its settings from the environment", async () => {
    vi.stubEnv("ISAACUS_API_KEY", key);
    vi.stubEnv("ISAACUS_BASE_URL", baseUrl);
    await using model = isaacusEmbedding();
    await model.getTextEmbedding("a");
    expect(requests[0]).toMatchObject({ path: "/v1/embeddings", authorization: `Bearer ${key}` });
    vi.stubEnv("ISAACUS_API_KEY", " ");
    expect(() => isaacusEmbedding()).toThrow(
      "no API key for Isaacus: set ISAACUS_API_KEY, or give the option apiKey",
    );
  });

  it("fails with the title and detail of the problem, and without the key", async () => {
    const wrong = "iuak_v1_wrong_checksum";
    await using model = isaacusEmbedding({ apiKey: wrong, baseUrl });
    const error: unknown = await model.getTextEmbedding("a").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PermissionError);
    expect(error).toMatchObject({ message: "Isaacus answered 403: Forbidden: no subscription", status: 403 });
    expect(inspect([error, model], { depth: 9, showHidden: true })).not.toContain(wrong);
    await using other = isaacusEmbedding({ apiKey: key, baseUrl, model: "kanon-9" });
    await expect(other.getTextEmbedding("a")).rejects.toThrow(BadRequestError);
  });

  it("refuses an answer that is none", async () => {
    server.removeAllListeners("request");
    server.on("request", (_request, response) => void response.end('{"embeddings":"none"}'));
    await using model = isaacusEmbedding({ apiKey: key, baseUrl });
    await expect(model.getTextEmbedding("a")).rejects.toThrow(MalformedResponseError);
  });
});
