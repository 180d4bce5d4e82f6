import { inspect } from "node:util";
import { EmbeddingResponseError } from "@llx/embeddings";
import {
  type EmbeddingServer,
  fakeVector,
  registerConformance,
  startEmbeddingServer,
} from "@llx/embeddings/testing";
import { ApiError, AuthenticationError, BadRequestError, PermissionError } from "@llx/http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeIsaacus } from "./fake-isaacus.ts";
import { isaacusEmbedding, type IsaacusEmbeddingOptions } from "./index.ts";

const service = fakeIsaacus({ apiKey: "iuak_v1_secret_checksum" });
const { apiKey } = service;

let server: EmbeddingServer;
let given: IsaacusEmbeddingOptions;

beforeEach(async () => {
  server = await startEmbeddingServer(service);
  given = { apiKey, baseUrl: `${server.url}/v1` };
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server.aclose();
});

const bodies = (): unknown[] => server.requests.map(({ body }) => body);
const failure = (work: Promise<unknown>): Promise<unknown> => work.then(undefined, (error: unknown) => error);

describe("a request to Isaacus", () => {
  it("has up to 128 texts", async () => {
    await using isaacus = isaacusEmbedding(given);
    const texts = Array.from({ length: 130 }, (_, index) => `clause ${"x".repeat(index)}`);
    const { embeddings, usage } = await isaacus.getTextEmbeddingBatch(texts);
    expect(embeddings).toEqual(texts.map((text) => fakeVector(text, 1792)));
    // Of 7 to 136 characters: two texts of 2 tokens, four of 3, and so on to 34.
    expect(usage).toMatchObject({ inputTokens: 2 * 2 + 4 * ((3 + 34) * 16) });
    const sent = bodies() as { texts: string[] }[];
    expect(sent.map(({ texts: each }) => each.length).toSorted((a, b) => a - b)).toEqual([2, 128]);
  });

  it("states the task of its texts, and that none may be cut", async () => {
    await using isaacus = isaacusEmbedding(given);
    await isaacus.getTextEmbedding("a clause");
    const [request] = server.requests;
    expect(request).toMatchObject({ method: "POST", path: "/v1/embeddings" });
    expect(request!.headers).toMatchObject({ authorization: `Bearer ${apiKey}` });
    expect(request!.body).toEqual({
      model: "kanon-2-embedder",
      texts: ["a clause"],
      task: "retrieval/document",
      overflow_strategy: null,
    });
  });

  it.each([1792, 1024, 768, 512, 256] as const)("requests %d dimensions", async (dimensions) => {
    await using isaacus = isaacusEmbedding({ ...given, baseUrl: `${server.url}/v1//`, dimensions });
    expect(isaacus.dimensions).toBe(dimensions);
    expect(await isaacus.getQueryEmbedding("a")).toEqual(fakeVector("a", dimensions));
    expect(bodies()).toMatchObject([{ dimensions }]);
  });

  const others = ["kanon-3-embedder", "constructor"];
  it.each(others)("for %s requests the given dimensions, otherwise the service's default", async (model) => {
    await using other = await startEmbeddingServer(fakeIsaacus({ apiKey, model, dimensions: 64 }));
    const options = { apiKey, baseUrl: `${other.url}/v1`, model };
    await using isaacus = isaacusEmbedding(options);
    expect(isaacus).toMatchObject({ model, dimensions: undefined, capabilities: { dimensions: [] } });
    expect(await isaacus.getTextEmbedding("a")).toEqual(fakeVector("a", 64));
    expect(isaacus.dimensions).toBe(64);
    await using short = isaacusEmbedding({ ...options, dimensions: 100 });
    expect(await short.getTextEmbedding("a")).toEqual(fakeVector("a", 100));
    const sent = other.requests.map(({ body }) => (body as { dimensions?: unknown }).dimensions);
    expect(sent).toEqual([undefined, 100]);
    expect(() => isaacusEmbedding({ ...options, dimensions: 0 })).toThrow(
      "dimensions must be a whole number from 1, not 0",
    );
  });

  it.each([
    [undefined, "retrieval/document"],
    ["retrieval/document", "retrieval/document"],
    ["retrieval/query", "retrieval/query"],
    [null, undefined],
  ] as const)("with the textTask %s has the task %s for texts", async (textTask, task) => {
    await using isaacus = isaacusEmbedding({ ...given, textTask });
    await isaacus.getTextEmbedding("a");
    await isaacus.getQueryEmbedding("b");
    const [text, query] = bodies() as [Record<string, unknown>, Record<string, unknown>];
    expect(text["task"]).toBe(task);
    expect(Object.hasOwn(text, "task")).toBe(task !== undefined);
    expect(query["task"]).toBe("retrieval/query");
  });

  it("is sent again for another task, with separate cache keys", async () => {
    const cache = new Map<string, unknown>();
    await using documents = isaacusEmbedding({ ...given, cache });
    await using plain = isaacusEmbedding({ ...given, cache, textTask: null });
    for (const isaacus of [documents, plain, documents]) await isaacus.getTextEmbedding("a");
    expect(server.requests).toHaveLength(2);
  });

  it("goes to the address in the environment", async () => {
    vi.stubEnv("ISAACUS_API_KEY", apiKey);
    vi.stubEnv("ISAACUS_BASE_URL", `${server.url}/v1`);
    await using isaacus = isaacusEmbedding();
    await isaacus.getTextEmbedding("a");
    expect(server.requests).toHaveLength(1);
    vi.stubEnv("ISAACUS_API_KEY", " ");
    expect(() => isaacusEmbedding()).toThrow(
      "no API key for Isaacus: set ISAACUS_API_KEY, or give the option apiKey",
    );
  });

  it("goes to the service's own address if the environment has a blank one", async () => {
    vi.stubEnv("ISAACUS_BASE_URL", " ");
    const asked: unknown[] = [];
    const dispatcher = {
      request(options: { origin: unknown; path: unknown }) {
        asked.push(options.origin, options.path);
        return Promise.reject(new Error("no network"));
      },
    } as unknown as NonNullable<IsaacusEmbeddingOptions["dispatcher"]>;
    await using isaacus = isaacusEmbedding({ apiKey, dispatcher, retry: { attempts: 1 } });
    await expect(isaacus.getTextEmbedding("a")).rejects.toThrow("no network");
    expect(asked).toEqual(["https://api.isaacus.com", "/v1/embeddings"]);
  });
});

describe("a text that is too long for Isaacus", () => {
  // The fake counts one token for every four characters.
  const fits = "word".repeat(16_384);
  const tooLong = `${fits}.`;

  it("is refused by the service", async () => {
    await using isaacus = isaacusEmbedding(given);
    await isaacus.getTextEmbedding(fits);
    const error = await failure(isaacus.getTextEmbedding(tooLong));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({
      message: "Isaacus responded with 400: Bad request: texts[0] has more than 16384 tokens",
      retryable: false,
    });
  });

  it("is refused before it is sent if its tokens are counted", async () => {
    const countTokens = (text: string): number => Math.ceil(text.length / 4);
    await using isaacus = isaacusEmbedding({ ...given, countTokens });
    await expect(isaacus.getTextEmbeddingBatch(["a", tooLong])).rejects.toThrow(
      "texts[1] has 16385 tokens, and the provider takes at most 16384",
    );
    expect(server.requests).toEqual([]);
  });

  it("is cut with truncate", async () => {
    await using isaacus = isaacusEmbedding({ ...given, truncate: true });
    const { usage } = await isaacus.getTextEmbeddingBatch([tooLong]);
    expect(usage?.inputTokens).toBe(16_384);
    expect(bodies()).toMatchObject([{ overflow_strategy: "drop_end" }]);
  });
});

describe("an error of Isaacus", () => {
  const wrong = "iuak_v1_wrong_checksum";

  it("has the title and detail of the problem, without the key", async () => {
    await using isaacus = isaacusEmbedding({ ...given, apiKey: wrong });
    const error = await failure(isaacus.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({
      message: "Isaacus responded with 401: Authentication failed: the API key is not valid",
      status: 401,
      retryable: false,
    });
    expect(server.requests).toHaveLength(1);
    const shown =
      inspect([error, isaacus], { depth: 9, showHidden: true }) + JSON.stringify([error, isaacus]);
    expect(shown).not.toContain(wrong);
  });

  it.each([
    [402, PermissionError, "Payment required: overdue"],
    [403, PermissionError, "Permission denied: overdue"],
    [413, BadRequestError, "Request too large: overdue"],
  ])("of status %d is final", async (status, type, words) => {
    await using isaacus = isaacusEmbedding(given);
    server.plan({ kind: "status", status, message: "overdue" });
    const error = await failure(isaacus.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ message: `Isaacus responded with ${status}: ${words}`, retryable: false });
    expect(server.requests).toHaveLength(1);
  });

  it.each([429, 502, 503, 504])("of a gateway with status %d is read from its page", async (status) => {
    await using isaacus = isaacusEmbedding({ ...given, retry: { attempts: 1 } });
    server.plan({ kind: "status", status, message: "try later" });
    const error = await failure(isaacus.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      message: `Isaacus responded with ${status}: ${status} try later`,
      status,
      retryable: true,
    });
  });

  it.each([{}, [], 5, { embeddings: "none" }, { embeddings: null }])(
    "is an answer without a list of embeddings: %j",
    async (body) => {
      await using isaacus = isaacusEmbedding(given);
      server.plan({ kind: "otherShape", body });
      const error = await failure(isaacus.getTextEmbedding("a"));
      expect(error).toBeInstanceOf(EmbeddingResponseError);
      expect(error).toMatchObject({ retryable: false });
      expect(server.requests).toHaveLength(1);
    },
  );

  it.each([undefined, null, {}, { input_tokens: "many" }])(
    "is not a usage that says nothing: %j",
    async (usage) => {
      await using isaacus = isaacusEmbedding({ ...given, dimensions: 256 });
      const embeddings = [{ index: 0, embedding: [...fakeVector("a", 256)] }];
      server.plan({ kind: "otherShape", body: { embeddings, usage } });
      expect((await isaacus.getTextEmbeddingBatch(["a"])).usage?.inputTokens).toBeUndefined();
    },
  );
});

describe("a model of Isaacus", () => {
  it("declares its capabilities", async () => {
    await using isaacus = isaacusEmbedding(given);
    expect(isaacus).toMatchObject({
      provider: "Isaacus",
      model: "kanon-2-embedder",
      dimensions: 1792,
      elementType: "float",
      limits: { inputs: 128, tokensPerInput: 16_384 },
      capabilities: {
        dimensions: [1792, 1024, 768, 512, 256],
        inputTypes: ["document", "query"],
        elementTypes: ["float"],
        wireFormats: ["json"],
        truncation: true,
      },
    });
    await expect(isaacus.getTextEmbeddingBatch(["a"], { inputType: "clustering" })).rejects.toThrow(
      'Isaacus has no input type "clustering"',
    );
  });

  it.each([100, 0, -1, Number.NaN, "512"])("cannot have %s dimensions", (dimensions) => {
    const options = { ...given, dimensions } as IsaacusEmbeddingOptions;
    expect(() => isaacusEmbedding(options)).toThrow(
      /^dimensions of kanon-2-embedder must be one of 1792, 1024, 768, 512, 256, not /,
    );
  });

  it.each([null, 5])("cannot have the address %s", (baseUrl) => {
    const options = { ...given, baseUrl } as unknown as IsaacusEmbeddingOptions;
    expect(() => isaacusEmbedding(options)).toThrow("baseUrl for Isaacus must be an http or https URL, not ");
  });

  it("cannot have an unknown task", () => {
    const options = { ...given, textTask: "classification" } as unknown as IsaacusEmbeddingOptions;
    expect(() => isaacusEmbedding(options)).toThrow(
      'textTask must be "retrieval/document", "retrieval/query" or null, not "classification"',
    );
  });
});

registerConformance(
  {
    name: "Isaacus",
    service: fakeIsaacus(),
    requestIdHeader: "x-request-id",
    inputTypeOf({ body }) {
      const { task } = body as { task?: unknown };
      return task === "retrieval/document" ? "document" : task === "retrieval/query" ? "query" : undefined;
    },
    create: (options) => isaacusEmbedding({ dimensions: 256, ...options, baseUrl: `${options.baseUrl}/v1` }),
  },
  // Each test has its own server.
  { describe, it: it.concurrent },
);
