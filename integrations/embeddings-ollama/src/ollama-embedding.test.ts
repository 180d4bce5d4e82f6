import { createServer } from "node:net";
import { once } from "node:events";
import { inspect } from "node:util";
import { EmbeddingResponseError } from "@llx/embeddings";
import {
  type EmbeddingServer,
  fakeVector,
  registerConformance,
  startEmbeddingServer,
} from "@llx/embeddings/testing";
import { AuthenticationError, BadRequestError, ConnectionError, NotFoundError, ServerError } from "@llx/http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeOllama } from "./fake-ollama.ts";
import { ollamaEmbedding, type OllamaEmbeddingOptions } from "./index.ts";

const service = fakeOllama();
const model = "embeddinggemma";

let server: EmbeddingServer;
let given: OllamaEmbeddingOptions;

beforeEach(async () => {
  vi.stubEnv("OLLAMA_HOST", undefined);
  vi.stubEnv("OLLAMA_API_KEY", undefined);
  server = await startEmbeddingServer(service);
  given = { baseUrl: server.url };
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.aclose();
});

const bodies = (): unknown[] => server.requests.map(({ body }) => body);
const failure = (work: Promise<unknown>): Promise<unknown> => work.then(undefined, (error: unknown) => error);

describe("a request to Ollama", () => {
  it("has up to 32 texts, with what the model's card puts before them", async () => {
    await using ollama = ollamaEmbedding(given);
    const texts = Array.from({ length: 34 }, (_, index) => `text ${index + 100}`);
    const { embeddings, usage } = await ollama.getTextEmbeddingBatch(texts);
    const prefixed = texts.map((text) => `title: none | text: ${text}`);
    expect(embeddings).toEqual(prefixed.map((text) => fakeVector(text, 768)));
    // Of 28 characters each.
    expect(usage).toMatchObject({ inputTokens: 34 * 7 });
    const sent = bodies() as { input: string[] }[];
    expect(sent.map(({ input }) => input.length).toSorted((a, b) => a - b)).toEqual([2, 32]);
  });

  it("says that nothing may be cut, and has no other fields than needed", async () => {
    await using ollama = ollamaEmbedding({ ...given, headers: { "x-team": "search" } });
    await ollama.getTextEmbedding("a text");
    const [request] = server.requests;
    expect(request).toMatchObject({ method: "POST", path: "/api/embed" });
    expect(request!.headers).toMatchObject({ "x-team": "search" });
    expect(request!.headers).not.toHaveProperty("authorization");
    expect(request!.body).toEqual({ model, input: ["title: none | text: a text"], truncate: false });
  });

  it("has the options of the model and of the server", async () => {
    const options = { dimensions: 256, keepAlive: "10m", modelOptions: { num_ctx: 4096 }, truncate: true };
    await using ollama = ollamaEmbedding({ ...given, ...options, prefixes: {} });
    expect(await ollama.getTextEmbedding("a")).toEqual(fakeVector("a", 256));
    expect(bodies()).toEqual([
      {
        model,
        input: ["a"],
        truncate: true,
        dimensions: 256,
        keep_alive: "10m",
        options: { num_ctx: 4096 },
      },
    ]);
  });

  it("for a query has the prefix of queries", async () => {
    await using ollama = ollamaEmbedding({ ...given, prefixes: { query: "find: " } });
    expect(await ollama.getQueryEmbedding("why?")).toEqual(fakeVector("find: why?", 768));
    expect(await ollama.getTextEmbedding("why?")).toEqual(fakeVector("why?", 768));
  });

  it("has separate cache keys for other prefixes and options", async () => {
    const cache = new Map<string, unknown>();
    const all = [{}, { prefixes: {} }, { modelOptions: { num_ctx: 512 } }, {}];
    for (const options of all) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await using ollama = ollamaEmbedding({ ...given, ...options, cache });
      // oxlint-disable-next-line no-await-in-loop
      await ollama.getTextEmbedding("a");
    }
    expect(server.requests).toHaveLength(3);
  });

  it("goes to the address in the environment, in the forms of OLLAMA_HOST", async () => {
    vi.stubEnv("OLLAMA_HOST", server.url.replace("http://127.0.0.1", "0.0.0.0"));
    await using ollama = ollamaEmbedding();
    await ollama.getTextEmbedding("a");
    expect(server.requests).toHaveLength(1);
  });

  it("has a key only if it is given, and never the one of ollama.com", async () => {
    vi.stubEnv("OLLAMA_API_KEY", "key-of-ollama-com");
    await using plain = ollamaEmbedding(given);
    await plain.getTextEmbedding("a");
    await using keyed = ollamaEmbedding({ ...given, apiKey: "key-of-a-proxy" });
    await keyed.getTextEmbedding("a");
    expect(server.requests.map(({ headers }) => headers["authorization"])).toEqual([
      undefined,
      "Bearer key-of-a-proxy",
    ]);
    vi.stubEnv("OLLAMA_API_KEY", undefined);
    expect(() => ollamaEmbedding({ baseUrl: "https://ollama.com" })).toThrow(
      "no API key for Ollama: set OLLAMA_API_KEY, or give the option apiKey",
    );
  });
});

describe("an error of Ollama", () => {
  it("for a model that is not there says how to get it", async () => {
    await using ollama = ollamaEmbedding({ ...given, model: "nomic-embed-text" });
    const error = await failure(ollama.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /not found, try pulling it first; run: ollama pull nomic-embed-text$/,
      ) as string,
      retryable: false,
    });
    expect(server.requests).toHaveLength(1);
  });

  it("for a server that does not run says how to start it", async () => {
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as { port: number };
    listener.close();
    await using ollama = ollamaEmbedding({ baseUrl: `:${port}`, retry: { attempts: 1 } });
    const error = await failure(ollama.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /; is Ollama running there\? Start its app, or `ollama serve`$/,
      ) as string,
    });
  });

  it("for the address of OpenAI's protocol says so", async () => {
    await using ollama = ollamaEmbedding({ baseUrl: `${server.url}/v1` });
    await expect(ollama.getTextEmbedding("a")).rejects.toThrow(
      "omit /v1 from the address: it is for OpenAI's protocol",
    );
  });

  it("for a text that is too long is the server's, with its index", async () => {
    await using ollama = ollamaEmbedding({ ...given, prefixes: {} });
    const texts = ["a", "x".repeat(4 * 2048 + 1)];
    const { failed, embeddings } = await ollama.getTextEmbeddingBatch(texts, { settle: true });
    expect(embeddings[0]).toEqual(fakeVector("a", 768));
    expect(failed).toEqual([{ index: 1, error: expect.any(BadRequestError) as Error }]);
    expect(failed[0]!.error).toMatchObject({
      message: "Ollama responded with 400: the input length exceeds the context length",
    });
  });

  it("for a model's process that has ended is tried again", async () => {
    await using ollama = ollamaEmbedding({ ...given, retry: { delay: 1, attempts: 2 } });
    const body = { error: 'do embedding request: Post "http://127.0.0.1:1/embedding": EOF' };
    server.plan({ kind: "otherShape", status: 400, body }, { kind: "otherShape", status: 400, body });
    const error = await failure(ollama.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(ServerError);
    expect(error).toMatchObject({ retryable: true, status: 400 });
    expect(server.requests).toHaveLength(2);
  });

  it("does not show the key", async () => {
    await using proxied = await startEmbeddingServer(fakeOllama({ apiKey: "right-key-of-a-proxy" }));
    const wrong = "wrong-key-of-a-proxy";
    await using ollama = ollamaEmbedding({ baseUrl: proxied.url, apiKey: wrong });
    const error = await failure(ollama.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(AuthenticationError);
    const shown = inspect([error, ollama], { depth: 9, showHidden: true });
    expect(shown + JSON.stringify([error, ollama])).not.toContain(wrong);
  });

  it.each([{}, [], 5, { embeddings: "none" }])(
    "is a response without a list of embeddings: %j",
    async (body) => {
      await using ollama = ollamaEmbedding(given);
      server.plan({ kind: "otherShape", body });
      const error = await failure(ollama.getTextEmbedding("a"));
      expect(error).toBeInstanceOf(EmbeddingResponseError);
      expect(error).toMatchObject({ retryable: false });
      expect(server.requests).toHaveLength(1);
    },
  );
});

describe("a model of Ollama", () => {
  it("declares its capabilities", async () => {
    await using ollama = ollamaEmbedding(given);
    expect(ollama).toMatchObject({
      provider: "Ollama",
      model,
      dimensions: undefined,
      elementType: "float",
      limits: { inputs: 32 },
      capabilities: {
        dimensions: [],
        inputTypes: ["document", "query", "classification", "clustering"],
        elementTypes: ["float"],
        wireFormats: ["json"],
        truncation: true,
      },
    });
    await ollama.getTextEmbedding("a");
    expect(ollama.dimensions).toBe(768);
    await using other = ollamaEmbedding({ ...given, model: "somebody/embeddinggemma" });
    expect(other.capabilities.inputTypes).toEqual([]);
  });

  it.each<[object, string]>([
    [{ model: "" }, "model must be a string that is not empty"],
    [{ baseUrl: "ftp://gpu.lan" }, "baseUrl for Ollama must be an http or https URL"],
    [{ baseUrl: null }, "baseUrl for Ollama must be an http or https URL, not null"],
    [{ dimensions: 0.5 }, "dimensions must be a whole number from 1, not 0.5"],
    [
      { keepAlive: "60" },
      'keepAlive must be a number of seconds, or a duration such as "10m" or "1h30m", not "60"',
    ],
    [{ keepAlive: Number.NaN }, "keepAlive must be a number of seconds"],
    [{ modelOptions: 4096 }, "modelOptions must be an object such as { num_ctx: 8192 }"],
    [{ prefixes: "query: " }, 'prefixes must be an object such as { query: "search_query: " }'],
    [
      { prefixes: { title: "" } },
      'prefixes are for document, query, classification, clustering; there is no input type "title"',
    ],
    [{ prefixes: { query: 5 } }, "prefixes.query must be a string, not number"],
  ])("cannot be with the options %j", (wrong, message) => {
    expect(() => ollamaEmbedding({ ...given, ...wrong })).toThrow(message);
  });
});

// Each test has its own server. With a key, as of a proxy, so that the suite has one to look for.
registerConformance(
  {
    name: "Ollama",
    // How long a text may be is known to the server alone.
    service: fakeOllama({
      apiKey: "secret-key-of-a-proxy",
      dimensions: 64,
      contextLength: Infinity,
    }),
    // The server has no limit.
    unenforced: ["inputs"],
    create: (options) => ollamaEmbedding({ ...options, prefixes: {} }),
  },
  { describe, it: it.concurrent },
);
