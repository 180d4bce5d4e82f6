import { type EmbeddingServer, fakeVector, startEmbeddingServer } from "@llx/embeddings/testing";
import { ConnectionError } from "@llx/http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeOllama } from "./fake-ollama.ts";
import { ollamaEmbedding, type OllamaEmbeddingOptions } from "./index.ts";
import { readKey } from "./ollama-server.ts";

const model = "all-minilm";
let server: EmbeddingServer;
let given: OllamaEmbeddingOptions;

beforeEach(async () => {
  server = await startEmbeddingServer(fakeOllama({ model, dimensions: 8 }));
  given = { baseUrl: server.url, model };
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  await server.aclose();
});

const failure = (work: Promise<unknown>): Promise<unknown> => work.then(undefined, (error: unknown) => error);
/** No response, so that requests stay in flight. */
const silent = { kind: "silent" } as const;

describe("the workers of a model of Ollama", () => {
  it.each([
    [undefined, 2],
    [3, 3],
  ])("%s are %d", async (workers, expected) => {
    await using embedder = ollamaEmbedding({ ...given, workers, limits: { inputs: 1 } });
    server.plan(silent, silent, silent, silent);
    const call = failure(embedder.getTextEmbeddingBatch(["a", "b", "c", "d"]));
    await server.until(() => server.requests.length === expected);
    await embedder.aclose({ abort: true });
    await call;
    expect(server.mostAtOnce).toBe(expected);
  });
});

describe("the time-out of a request to Ollama", () => {
  it.each([
    [undefined, 300_000],
    [1_000, 1_000],
  ])("%s is %d ms", async (timeout, expected) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await using embedder = ollamaEmbedding({ ...given, timeout, retry: { attempts: 1 } });
    server.plan(silent);
    const call = failure(embedder.getTextEmbedding("a"));
    await server.until(() => server.requests.length === 1);
    await vi.advanceTimersByTimeAsync(expected - 1);
    expect(server.abandoned).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(await call).toMatchObject({ message: `Ollama did not respond within ${expected} ms` });
  });
});

describe("the key of ollama.com", () => {
  it("is read from the environment for its own address alone", () => {
    vi.stubEnv("OLLAMA_API_KEY", "key-of-ollama-com");
    expect(readKey(undefined, "https://ollama.com/api/embed")).toBe("key-of-ollama-com");
    expect(readKey("another", "https://ollama.com/api/embed")).toBe("another");
    for (const elsewhere of ["http://ollama.com", "https://ollama.com:8443", "https://ollama.com.example"]) {
      expect(readKey(undefined, `${elsewhere}/api/embed`)).toBeUndefined();
    }
  });

  it.each([
    ["", "the apiKey for Ollama is empty"],
    ["a key", "the API key for Ollama contains a line break, a space or another invalid character"],
  ])("cannot be %j", (apiKey, message) => {
    expect(() => ollamaEmbedding({ ...given, apiKey })).toThrow(message);
  });
});

describe("a request to Ollama", () => {
  it("is repeated where the process of the model has ended, and succeeds", async () => {
    await using embedder = ollamaEmbedding({ ...given, retry: { attempts: 2, delay: 0 } });
    const body = { error: 'do embedding request: Post "http://127.0.0.1:33967/v1/embeddings": EOF' };
    server.plan({ kind: "otherShape", status: 400, body });
    expect(await embedder.getTextEmbedding("a")).toEqual(fakeVector("a", 8));
    expect(server.requests).toHaveLength(2);
  });

  it("that a full queue refuses is repeated until there is room", async () => {
    await using embedder = ollamaEmbedding({ ...given, retry: { attempts: 2, delay: 0, maxDelay: 0 } });
    const message = "server busy, please try again.  maximum pending requests exceeded";
    const busy = { kind: "status", status: 503, message } as const;
    server.plan(busy, busy, busy);
    expect(await embedder.getTextEmbedding("a")).toEqual(fakeVector("a", 8));
    expect(server.requests).toHaveLength(4);
  });

  it("whose connection breaks is no reason to start the server", async () => {
    await using embedder = ollamaEmbedding({ ...given, retry: { attempts: 1 } });
    server.plan({ kind: "reset" });
    const error = await failure(embedder.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(ConnectionError);
    expect((error as Error).message).not.toContain("running");
  });

  it("to a page that is not there is no reason to pull a model", async () => {
    await using embedder = ollamaEmbedding({ ...given, baseUrl: `${server.url}/elsewhere` });
    expect(await failure(embedder.getTextEmbedding("a"))).toMatchObject({
      message: `Ollama responded with 404 at ${server.url}/elsewhere/api/embed: 404 page not found`,
    });
  });

  it("for more dimensions than the model has is refused by its vectors: the server ignores the field", async () => {
    await using embedder = ollamaEmbedding({ ...given, dimensions: 16 });
    await expect(embedder.getTextEmbedding("a")).rejects.toThrow("has 8 dimensions, not 16");
  });
});
