import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { EmbedBatchOptions, SettledEmbeddingBatch } from "@llx/embeddings";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openaiEmbedding, type OpenaiEmbeddingOptions } from "./index.ts";

// What servers of this protocol have been seen to send. The README lists them, with where each was seen.

interface Reply {
  readonly status?: number;
  /** The body as received: text as it is, anything else as JSON. */
  readonly body: unknown;
  readonly type?: string;
}

interface Form {
  readonly server: string;
  /** The response to a request with these texts. */
  readonly reply: (texts: readonly string[], body: Record<string, unknown>) => Reply;
  readonly options?: Partial<OpenaiEmbeddingOptions>;
  /** The path before `/embeddings`. Default `/v1`. */
  readonly path?: string;
}

interface ReadForm extends Form {
  readonly usage?: object | undefined;
}

interface RefusedForm extends Form {
  /** The expected message; `HOST` is the server's host. */
  readonly message: string;
  /** Requests until the call fails. Default 1: another attempt would not help. */
  readonly requests?: number;
}

interface HalvedForm extends Form {
  /** The texts that are sent, and those that have no vectors at the end. */
  readonly texts: readonly string[];
  readonly failed: readonly number[];
  readonly message?: string;
}

/** The vector of a text: its length, and one half. */
const numbers = (text: string): number[] => [text.length, 0.5];
const base64 = (text: string): string =>
  Buffer.from(Float32Array.from(numbers(text)).buffer).toString("base64");

const list = (
  texts: readonly string[],
  embed: (text: string) => unknown = numbers,
  indexOf: (at: number) => number = (at) => at,
) => texts.map((text, at) => ({ object: "embedding", index: indexOf(at), embedding: embed(text) }));

const error = (status: number, body: unknown, type?: string) => (): Reply => ({
  status,
  body,
  ...(type !== undefined && { type }),
});

const readForms: readonly ReadForm[] = [
  {
    server: "LM Studio 0.3.18, which sends numbers whatever it is asked for, and counts no tokens",
    options: { encoding: "base64" },
    reply: (texts) => ({
      body: {
        object: "list",
        data: list(texts),
        model: "text-embedding-bge-m3",
        usage: { prompt_tokens: 0, total_tokens: 0 },
      },
    }),
    usage: { inputTokens: 0, totalTokens: 0 },
  },
  {
    server: "Voyage, which has base64 and no prompt_tokens",
    options: { encoding: "base64" },
    reply: (texts) => ({
      body: { object: "list", data: list(texts, base64), model: "voyage-3", usage: { total_tokens: 7 } },
    }),
    usage: { totalTokens: 7 },
  },
  {
    server: "Jina, which has no prompt_tokens",
    reply: (texts) => ({
      body: { model: "jina-embeddings-v3", object: "list", usage: { total_tokens: 6 }, data: list(texts) },
    }),
    usage: { totalTokens: 6 },
  },
  {
    server: "Open WebUI, which tells no usage",
    reply: (texts) => ({ body: { object: "list", data: list(texts), model: "a" } }),
    usage: undefined,
  },
  {
    server: "Infinity, whose list is called an embedding",
    path: "",
    reply: (texts) => ({
      body: {
        object: "embedding",
        data: list(texts),
        model: "bge-large-zh-v1.5",
        usage: { prompt_tokens: 4, total_tokens: 4 },
        id: "infinity-1",
        created: 1_728_000_000,
      },
    }),
    usage: { inputTokens: 4, totalTokens: 4 },
  },
  {
    server: "DeltaLLM, whose usage has more fields, some of them null",
    reply: (texts) => ({
      body: {
        id: "x",
        created: 1,
        object: "list",
        data: list(texts),
        model: "upstream",
        usage: { prompt_tokens: 3, completion_tokens: 0, total_tokens: 3, prompt_tokens_details: null },
      },
    }),
    usage: { inputTokens: 3, totalTokens: 3 },
  },
  {
    server: "LocalAI, whose text-embedding-ada-002 is another model, of other dimensions",
    options: { model: "text-embedding-ada-002" },
    reply: (texts, { dimensions, encoding_format: encoding }) => ({
      // Neither field is sent unless requested.
      ...(dimensions === undefined && encoding === undefined ? {} : { status: 500 }),
      body: { object: "list", model: "text-embedding-ada-002", data: list(texts) },
    }),
    usage: undefined,
  },
];

const refusedForms: readonly RefusedForm[] = [
  {
    server: "vLLM of July 2024, which has no base64",
    options: { encoding: "base64" },
    reply: error(400, {
      object: "error",
      message: "base64 encoding is not currently supported",
      type: "BadRequestError",
      param: null,
      code: 400,
    }),
    message: "HOST responded with 400: base64 encoding is not currently supported",
  },
  {
    server: "vLLM, of a model that has one number of dimensions",
    options: { dimensions: 2 },
    reply: error(400, {
      object: "error",
      message: 'Model "bge-m3" does not support matryoshka representation',
      type: "BadRequestError",
      param: null,
      code: 400,
    }),
    message: 'HOST responded with 400: Model "bge-m3" does not support matryoshka representation',
  },
  {
    server: "NVIDIA NIM, whose model must be told what a text is for",
    reply: error(400, { error: "'input_type' parameter is required for asymmetric models" }),
    message: "HOST responded with 400: 'input_type' parameter is required for asymmetric models",
  },
  {
    server: "Azure, of a key that is wrong",
    reply: error(401, { error: { code: "401", message: "Access denied due to invalid subscription key" } }),
    message: "HOST responded with 401: Access denied due to invalid subscription key",
  },
  {
    server: "Azure API Management, of a key that is missing",
    reply: error(401, { statusCode: 401, message: "Access denied due to missing subscription key." }),
    message: "HOST responded with 401: Access denied due to missing subscription key.",
  },
  {
    server: "LocalAI 1.25.0, of a model that it cannot load",
    reply: error(500, { error: { code: 500, message: "could not load model: rpc error", type: "" } }),
    message: "HOST responded with 500: could not load model: rpc error (after 3 requests)",
    requests: 3,
  },
  {
    server: "Ollama, at an address without /v1",
    path: "",
    reply: error(404, "404 page not found", "text/plain"),
    message:
      "HOST responded with 404 at http://HOST/embeddings: 404 page not found; the address has no version: where the " +
      "embeddings are at /v1/embeddings, baseUrl must end with /v1",
  },
  {
    server: "Infinity, at an address with /v1 that it was not given",
    reply: error(404, { detail: "Not Found" }),
    message: "HOST responded with 404 at http://HOST/v1/embeddings: Not Found",
  },
];

const halvedForms: readonly HalvedForm[] = [
  {
    server: "llama.cpp (Lemonade 11.9.0), of a text that is longer than its batch",
    texts: ["a", "bb", "long text", "dddd", "eeeee"],
    failed: [2],
    reply: (texts) =>
      texts.some((text) => text.startsWith("long"))
        ? {
            status: 500,
            body: { error: { code: 500, message: "input (992 tokens) is too large to process" } },
          }
        : { body: { data: list(texts) } },
    message: "HOST responded with 500: input (992 tokens) is too large to process (after 3 requests)",
  },
  {
    server: "Ollama 0.17.6, whose model gives NaN for a text",
    texts: ["a", "nan text", "ccc", "dddd"],
    failed: [1],
    reply: (texts) =>
      texts.includes("nan text")
        ? {
            status: 500,
            body: { error: { message: "failed to encode response: json: unsupported value: NaN" } },
          }
        : { body: { data: list(texts) } },
    message:
      "HOST responded with 500: failed to encode response: json: unsupported value: NaN (after 3 requests)",
  },
  {
    server: "Ollama, of a text that is longer than its context",
    texts: ["a", "bb", "long text"],
    failed: [2],
    reply: (texts) =>
      texts.includes("long text")
        ? { status: 400, body: { error: "the input length exceeds the context length" } }
        : { body: { data: list(texts) } },
    message: "HOST responded with 400: the input length exceeds the context length",
  },
  {
    server: "SiliconFlow, which takes 64 texts",
    texts: Array.from({ length: 136 }, (_, at) => "x".repeat(at + 1)),
    failed: [],
    reply: (texts) =>
      texts.length > 64
        ? {
            status: 413,
            body: {
              code: 20_042,
              message: `input batch size ${texts.length} > maximum allowed batch size 64`,
              data: null,
            },
          }
        : { body: { data: list(texts) } },
  },
  {
    server: "DashScope, which takes 10 texts",
    texts: Array.from({ length: 25 }, (_, at) => "x".repeat(at + 1)),
    failed: [],
    reply: (texts) =>
      texts.length > 10
        ? {
            status: 400,
            body: {
              error: {
                message: "batch size is invalid, it should not be larger than 10.: input.contents",
                type: "InvalidParameter",
                param: null,
                code: "InvalidParameter",
              },
              id: "d0722c3e",
              request_id: "d0722c3e",
            },
          }
        : { body: { data: list(texts) } },
  },
  {
    server: "Mistral, which takes so many tokens a request",
    texts: Array.from({ length: 20 }, (_, at) => "x".repeat(at + 1)),
    failed: [],
    reply: (texts) =>
      texts.join("").length > 100
        ? {
            status: 400,
            body: {
              object: "error",
              message: "Too many tokens overall, split into more batches.",
              type: "invalid_request_prompt",
              param: null,
              code: "3210",
            },
          }
        : { body: { data: list(texts) } },
  },
  {
    server: "TEI, which takes 2 MB a request",
    texts: Array.from({ length: 8 }, (_, at) => "x".repeat(at + 1)),
    failed: [],
    reply: (texts) =>
      texts.length > 2
        ? {
            status: 413,
            type: "text/plain",
            body: "Failed to buffer the request body: length limit exceeded",
          }
        : { body: { data: list(texts) } },
  },
  {
    server: "an old deployment of Azure, which takes one text",
    texts: ["a", "bb", "ccc", "dddd", "eeeee"],
    failed: [],
    reply: (texts) =>
      texts.length > 1
        ? {
            status: 400,
            body: {
              error: {
                message: "Too many inputs. The max number of inputs is 1.",
                type: "invalid_request_error",
                param: null,
                code: null,
              },
            },
          }
        : { body: { data: list(texts) } },
  },
];

/** Responses of status 200 that are refused, because their vectors cannot be assigned to texts. */
const brokenForms: readonly RefusedForm[] = [
  {
    server: "Xinference under load, whose index counts from another request's texts",
    reply: (texts) => ({
      body: {
        object: "list",
        data: list(texts, numbers, (at) => at + 1),
      },
    }),
    message: "index",
  },
  {
    server: "LiteLLM for Gemini, whose index is always 0",
    reply: (texts) => ({
      body: { object: "list", data: list(texts, numbers, () => 0) },
    }),
    message: "index",
  },
  {
    server: "OpenRouter, of a model without base64",
    options: { encoding: "base64" },
    reply: () => ({ body: { object: "list", data: [], model: "nemotron" } }),
    message: "0 embeddings for 2 texts",
  },
  {
    server: "Ollama 0.21.0 on Windows, of several texts",
    reply: (texts) => ({ body: { object: "list", data: list(texts, () => []) } }),
    message: "has no numbers",
  },
  {
    server: "a server that passes over the field dimensions",
    options: { dimensions: 1 },
    reply: (texts) => ({ body: { object: "list", data: list(texts) } }),
    message:
      "has 2 dimensions, not 1 as text-embedding-3-small was to have: set the option model to the one that HOST has, or dimensions to 2",
  },
];

let server: Server;
let reply: Form["reply"];
let requests: (readonly string[])[];

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const sent = JSON.parse(Buffer.concat(pieces).toString()) as { input: string[] };
      requests.push(sent.input);
      const { status = 200, body, type = "application/json" } = reply(sent.input, { ...sent });
      response.writeHead(status, { "content-type": type });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(() => new Promise((resolve) => server.close(resolve)));

const host = (): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;
const messageOf = (reason: unknown): string => (reason as Error).message.replaceAll(host(), "HOST");

async function send(
  { path = "/v1", options = {}, reply: answer }: Form,
  texts: readonly string[],
  call: EmbedBatchOptions = {},
): Promise<SettledEmbeddingBatch> {
  reply = answer;
  const given = { apiKey: "any-key", baseUrl: `http://${host()}${path}`, retry: { delay: 0 } };
  await using model = openaiEmbedding({ ...given, ...options });
  return await model.getTextEmbeddingBatch(texts, { ...call, settle: true });
}

describe("a response", () => {
  it.each(readForms)("of $server is read", async (form) => {
    const { embeddings, usage, failed } = await send(form, ["a", "bb"]);
    expect(failed).toEqual([]);
    expect(embeddings).toEqual([Float32Array.of(1, 0.5), Float32Array.of(2, 0.5)]);
    expect(usage && JSON.parse(JSON.stringify(usage))).toEqual(form.usage);
    expect(requests).toHaveLength(1);
  });

  it.each(brokenForms)("of $server is refused", async (form) => {
    const { embeddings, failed } = await send(form, ["a", "bb"], { bisect: false });
    expect(embeddings).toEqual([undefined, undefined]);
    expect(messageOf(failed[0]!.error)).toContain(form.message);
  });
});

describe("an error", () => {
  it.each(refusedForms)("of $server is reported in its own words", async (form) => {
    const { failed } = await send(form, ["a", "bb"], { bisect: false });
    expect(failed.map(({ error: reason }) => messageOf(reason))).toEqual([form.message, form.message]);
    expect(requests).toHaveLength(form.requests ?? 1);
  });
});

describe("a request in parts", () => {
  it.each(halvedForms)("gets all possible embeddings of $server", async (form) => {
    const { embeddings, failed } = await send(form, form.texts);
    expect(failed.map(({ index }) => index)).toEqual(form.failed);
    for (const { error: reason } of failed) expect(messageOf(reason)).toBe(form.message);
    for (const [index, text] of form.texts.entries()) {
      const expected = form.failed.includes(index) ? undefined : Float32Array.of(text.length, 0.5);
      expect(embeddings[index]).toEqual(expected);
    }
  });
});
