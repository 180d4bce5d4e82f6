import { inspect } from "node:util";
import { EmbeddingResponseError, type InputType } from "@llx/embeddings";
import {
  type EmbeddingServer,
  fakeVector,
  fakeVectorOf,
  type PlannedFault,
  registerConformance,
  startEmbeddingServer,
} from "@llx/embeddings/testing";
import { AuthenticationError, RateLimitError } from "@llx/http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeVoyage } from "./fake-voyage.ts";
import { voyageEmbedding, type VoyageEmbeddingOptions } from "./index.ts";

const service = fakeVoyage({ apiKey: "secret-voyage-key" });
const { apiKey } = service;
const model = "voyage-4";

let server: EmbeddingServer;
let given: VoyageEmbeddingOptions;

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

describe("a request to Voyage", () => {
  it("has up to 1,000 texts", async () => {
    await using voyage = voyageEmbedding({ ...given, dimensions: 256 });
    const texts = Array.from({ length: 1002 }, (_, index) => `text ${index + 1000}`);
    const { embeddings, usage } = await voyage.getTextEmbeddingBatch(texts);
    expect(embeddings).toEqual(texts.map((text) => fakeVector(text, 256)));
    // Of 9 characters each.
    expect(usage).toMatchObject({ totalTokens: 3 * 1002 });
    const sent = bodies() as { input: string[] }[];
    expect(sent.map(({ input }) => input.length).toSorted((a, b) => a - b)).toEqual([2, 1000]);
  });

  it("has the default fields only, and forbids to cut texts", async () => {
    await using voyage = voyageEmbedding({ ...given, headers: { "x-team": "search" } });
    await voyage.getTextEmbedding("a text");
    const [request] = server.requests;
    expect(request).toMatchObject({ method: "POST", path: "/v1/embeddings" });
    expect(request!.headers).toMatchObject({ authorization: `Bearer ${apiKey}`, "x-team": "search" });
    expect(request!.body).toEqual({
      model,
      input: ["a text"],
      input_type: "document",
      truncation: false,
      encoding_format: "base64",
    });
  });

  it("has all fields that are asked for", async () => {
    const options = { dimensions: 512, elementType: "int8", encoding: "json", truncate: true } as const;
    await using voyage = voyageEmbedding({ ...given, ...options });
    expect(await voyage.getQueryEmbedding("why?")).toEqual(fakeVectorOf("why?", "int8", 512));
    expect(bodies()).toEqual([
      {
        model,
        input: ["why?"],
        input_type: "query",
        truncation: true,
        output_dimension: 512,
        output_dtype: "int8",
      },
    ]);
  });

  it("goes to the address in the environment", async () => {
    vi.stubEnv("VOYAGE_API_KEY", apiKey);
    vi.stubEnv("VOYAGE_BASE_URL", `${server.url}/v1/`);
    await using voyage = voyageEmbedding();
    await voyage.getTextEmbedding("a");
    expect(server.requests).toHaveLength(1);
    vi.stubEnv("VOYAGE_API_KEY", " ");
    expect(() => voyageEmbedding()).toThrow(
      "no API key for Voyage: set VOYAGE_API_KEY, or give the option apiKey",
    );
  });

  it.each([
    ["pa-key-of-voyage", "https://api.voyageai.com"],
    ["al-key-of-atlas", "https://ai.mongodb.com"],
    ["key-without-prefix", "https://api.voyageai.com"],
  ])("with the key %s goes to %s", async (key, origin) => {
    vi.stubEnv("VOYAGE_BASE_URL", "");
    const request = vi.fn<(options: object) => never>(() => {
      throw new Error("nothing is sent");
    });
    const dispatcher = { request } as never;
    await using voyage = voyageEmbedding({ apiKey: key, dispatcher, retry: { attempts: 1 } });
    await failure(voyage.getTextEmbedding("a"));
    expect(request.mock.calls).toEqual([
      [expect.objectContaining({ origin, path: "/v1/embeddings" }) as object],
    ]);
  });

  it("has no more tokens than the model takes, by countTokens", async () => {
    await using voyage = voyageEmbedding({ ...given, countTokens: (text) => text.length / 4 });
    // Of 30,000 tokens each, at most 320,000 in a request.
    const texts = Array.from({ length: 11 }, (_, index) => String(index % 10).repeat(119_999) + index);
    const padded = texts.map((text) => text.padEnd(120_004, "x"));
    const { embeddings } = await voyage.getTextEmbeddingBatch(padded);
    expect(embeddings).toEqual(padded.map((text) => fakeVector(text, 1024)));
    const sent = bodies() as { input: string[] }[];
    expect(sent.map(({ input }) => input.length).toSorted((a, b) => a - b)).toEqual([1, 10]);
  });

  it("is not sent for a text that is too long by countTokens, unless it may be cut", async () => {
    const countTokens = (text: string): number => Math.ceil(text.length / 4);
    const texts = ["a", "x".repeat(4 * 32_000 + 1)];
    await using voyage = voyageEmbedding({ ...given, countTokens });
    await expect(voyage.getTextEmbeddingBatch(texts)).rejects.toThrow(
      "texts[1] has 32001 tokens, and the provider takes at most 32000",
    );
    expect(server.requests).toEqual([]);
    await using cutting = voyageEmbedding({ ...given, countTokens, truncate: true });
    const { usage } = await cutting.getTextEmbeddingBatch(texts);
    expect(usage).toMatchObject({ totalTokens: 32_001 });
  });
});

describe("the vectors of Voyage", () => {
  const kinds = [
    ["float", Float32Array, 1024],
    ["int8", Int8Array, 1024],
    ["uint8", Uint8Array, 1024],
    ["binary", Int8Array, 128],
    ["ubinary", Uint8Array, 128],
  ] as const;

  for (const encoding of ["json", "base64"] as const) {
    it.each(kinds)(`are %s over ${encoding}`, async (elementType, type, length) => {
      await using voyage = voyageEmbedding({ ...given, elementType, encoding });
      const vector = await voyage.getTextEmbedding("a text");
      expect(vector).toBeInstanceOf(type);
      expect(vector).toHaveLength(length);
      expect(vector).toEqual(fakeVectorOf("a text", elementType, 1024));
    });
  }
});

describe("an error of Voyage", () => {
  it("has the service's own message, without the key", async () => {
    const wrong = "wrong-voyage-key";
    await using voyage = voyageEmbedding({ ...given, apiKey: wrong });
    const error = await failure(voyage.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ message: "Voyage responded with 401: the API key is not valid" });
    const shown = inspect([error, voyage], { depth: 9, showHidden: true });
    expect(shown + JSON.stringify([error, voyage])).not.toContain(wrong);
  });

  it("of an account without a payment method is a rate limit, not an empty account", async () => {
    await using voyage = voyageEmbedding({ ...given, retry: { attempts: 1 } });
    // As quoted in https://github.com/assafelovic/gpt-researcher/issues/1148.
    const message =
      "You have not yet added your payment method in the billing page and will have reduced rate limits of " +
      "3 RPM and 10K TPM. Please add your payment method in the billing page to unlock our standard rate limits.";
    server.plan({ kind: "status", status: 429, message });
    const error = await failure(voyage.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ retryable: true, message: `Voyage responded with 429: ${message}` });
  });

  it("of too many tokens halves the request where failed texts are settled", async () => {
    await using voyage = voyageEmbedding(given);
    // As quoted in https://github.com/VeraTools/vera/pull/18.
    const message =
      "Request to model 'voyage-4' failed. The max allowed tokens per submitted batch is 320000. " +
      "Your batch has 324417 tokens after truncation. Please lower the number of tokens in the batch.";
    server.plan({ kind: "status", status: 400, message });
    const { embeddings, failed } = await voyage.getTextEmbeddingBatch(["a", "b"], { settle: true });
    expect(failed).toEqual([]);
    expect(embeddings).toEqual([fakeVector("a", 1024), fakeVector("b", 1024)]);
    expect(server.requests).toHaveLength(3);
  });

  it("of each kind that passes loses none of 1,000 texts", async () => {
    await using voyage = voyageEmbedding({
      ...given,
      dimensions: 256,
      limits: { inputs: 10 },
      retry: { attempts: 9, delay: 1, maxDelay: 1 },
    });
    // Voyage states no wait.
    const refusal = { kind: "status", status: 429, message: "Rate limit exceeded" } as const;
    const faults: readonly PlannedFault[] = [
      "none",
      { kind: "status", status: 503 },
      { kind: "truncated" },
      { kind: "truncated", how: "json" },
      { kind: "reset" },
      { kind: "reset", when: "body" },
      { kind: "html", status: 502 },
      { kind: "shuffled" },
      { kind: "noUsage" },
    ];
    server.plan(...Array.from({ length: 10 }, () => faults).flat(), refusal);
    const texts = Array.from({ length: 1000 }, (_, index) => `text ${index}`);
    const { embeddings, failed } = await voyage.getTextEmbeddingBatch(texts, { settle: true });
    expect(failed).toEqual([]);
    expect(embeddings).toEqual(texts.map((text) => fakeVector(text, 256)));
    // 100, and one for each of the 6 faults of a round that fail a request, and for the refusal.
    expect(server.requests).toHaveLength(100 + 6 * 10 + 1);
  });

  it.each([{}, [], 5, { data: "none" }])("is a response without a list of embeddings: %j", async (body) => {
    await using voyage = voyageEmbedding(given);
    server.plan({ kind: "otherShape", body });
    const error = await failure(voyage.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(EmbeddingResponseError);
    expect(error).toMatchObject({ retryable: false });
    expect(server.requests).toHaveLength(1);
  });
});

describe("a model of Voyage", () => {
  it("declares its capabilities", async () => {
    await using voyage = voyageEmbedding(given);
    expect(voyage).toMatchObject({
      provider: "Voyage",
      model,
      dimensions: 1024,
      elementType: "float",
      limits: { inputs: 1000, tokensPerInput: 32_000, tokens: 320_000 },
      capabilities: {
        dimensions: [1024, 256, 512, 2048],
        inputTypes: ["document", "query"],
        elementTypes: ["float", "int8", "uint8", "binary", "ubinary"],
        wireFormats: ["json", "base64"],
        truncation: true,
      },
    });
  });

  it.each([
    ["voyage-4-large", 1024, 32_000, 120_000],
    ["voyage-4-lite", 1024, 32_000, 1_000_000],
    ["voyage-code-4", 1024, 32_000, 320_000],
    ["voyage-3-large", 1024, 32_000, 120_000],
    ["voyage-3.5", 1024, 32_000, 320_000],
    ["voyage-3.5-lite", 1024, 32_000, 1_000_000],
    ["voyage-code-3", 1024, 32_000, 120_000],
    ["voyage-finance-2", 1024, 32_000, 120_000],
    ["voyage-law-2", 1024, 16_000, 120_000],
    ["voyage-code-2", 1536, 16_000, 120_000],
  ])("has the documented limits of %s", async (name, dimensions, tokensPerInput, tokens) => {
    await using voyage = voyageEmbedding({ ...given, model: name });
    expect(voyage).toMatchObject({ dimensions, limits: { inputs: 1000, tokensPerInput, tokens } });
  });

  it("of another name has the dimensions of its first response, and the least limits", async () => {
    for (const name of ["other", "constructor"]) {
      // oxlint-disable-next-line no-await-in-loop
      await using other = await startEmbeddingServer(fakeVoyage({ apiKey, model: name, dimensions: 8 }));
      const options = { ...given, baseUrl: `${other.url}/v1`, model: name };
      // oxlint-disable-next-line no-await-in-loop
      await using voyage = voyageEmbedding(options);
      expect(voyage.dimensions).toBeUndefined();
      expect(voyage.limits).toEqual({ inputs: 1000, tokens: 120_000 });
      // oxlint-disable-next-line no-await-in-loop
      expect(await voyage.getTextEmbedding("a")).toEqual(fakeVector("a", 8));
    }
  });

  it.each([
    [{ model: "" }, "model must be a string that is not empty"],
    [{ baseUrl: "nowhere" }, "baseUrl for Voyage must be an http or https URL"],
    [{ baseUrl: null }, "baseUrl for Voyage must be an http or https URL, not null"],
    [{ dimensions: 768 }, "dimensions of voyage-4 must be one of 1024, 256, 512, 2048, not 768"],
    [{ model: "voyage-law-2", dimensions: 256 }, "dimensions of voyage-law-2 must be 1024, not 256"],
    [{ model: "voyage-law-2", elementType: "int8" }, 'elementType of voyage-law-2 must be float, not "int8"'],
    [
      { elementType: "float16" },
      'elementType must be one of float, int8, uint8, binary, ubinary, not "float16"',
    ],
    [{ encoding: "raw" }, 'encoding must be "json" or "base64", not "raw"'],
    [{ inputType: "query" }, "there is no option inputType"],
  ])("cannot be with the options %j", (wrong, message) => {
    const options = { ...given, ...wrong } as VoyageEmbeddingOptions;
    expect(() => voyageEmbedding(options)).toThrow(message);
  });

  it("embeds no texts for other purposes", async () => {
    await using voyage = voyageEmbedding(given);
    await expect(voyage.getTextEmbeddingBatch(["a"], { inputType: "clustering" })).rejects.toThrow(TypeError);
  });
});

const inputTypes: readonly unknown[] = ["document", "query"] satisfies InputType[];
const subject = {
  service: fakeVoyage(),
  requestIdHeader: "x-request-id",
  inputTypeOf({ body }: { readonly body: unknown }) {
    const { input_type: inputType } = body as { input_type?: unknown };
    return inputTypes.includes(inputType) ? (inputType as InputType) : undefined;
  },
};

// Each test has its own server.
registerConformance(
  {
    ...subject,
    name: "Voyage",
    create: ({ baseUrl, ...options }) =>
      voyageEmbedding({ dimensions: 256, ...options, baseUrl: `${baseUrl}/v1` }),
  },
  { describe, it: it.concurrent },
);
registerConformance(
  {
    ...subject,
    name: "Voyage over JSON",
    create: ({ baseUrl, ...options }) =>
      voyageEmbedding({ dimensions: 256, ...options, baseUrl: `${baseUrl}/v1`, encoding: "json" }),
  },
  { describe, it: it.concurrent },
);
for (const elementType of ["int8", "uint8", "binary", "ubinary"] as const) {
  registerConformance(
    {
      ...subject,
      name: `Voyage with ${elementType}`,
      create: ({ baseUrl, ...options }) =>
        voyageEmbedding({ dimensions: 256, ...options, baseUrl: `${baseUrl}/v1`, elementType }),
    },
    { describe, it: it.concurrent },
  );
}
