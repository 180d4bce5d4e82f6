import { inspect } from "node:util";
import { type ElementType, EmbeddingResponseError } from "@llx/embeddings";
import {
  type EmbeddingServer,
  fakeVector,
  fakeVectorOf,
  registerConformance,
  startEmbeddingServer,
} from "@llx/embeddings/testing";
import { BadRequestError, NotFoundError, PermissionError, RateLimitError, ServerError } from "@llx/http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeBedrock, type FakeBedrockOptions } from "./fake-bedrock.ts";
import { bedrockEmbedding, type BedrockEmbeddingOptions, type BedrockModelFamily } from "./index.ts";

const credentials = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  sessionToken: "IQoJb3JpZ2luX2VjEXAMPLE/token+of==",
};
const region = "eu-central-1";

const servers: EmbeddingServer[] = [];

beforeEach(() => {
  for (const name of [
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
  ])
    vi.stubEnv(name, "");
  for (const name of [
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
  ])
    vi.stubEnv(name, "");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(servers.splice(0).map((server) => server.aclose()));
});

/** A service, and options of a model that it serves. */
async function start(fake: FakeBedrockOptions = {}) {
  const server = await startEmbeddingServer(fakeBedrock({ credentials, region, ...fake }));
  servers.push(server);
  const { model, family } = fake;
  return { server, given: { credentials, region, baseUrl: server.url, model, family } };
}

const bodies = ({ requests }: EmbeddingServer): unknown[] => requests.map(({ body }) => body);
const failure = (work: Promise<unknown>): Promise<unknown> => work.then(undefined, (error: unknown) => error);

describe("a request to Amazon Bedrock", () => {
  it("to Titan has one text, and is signed", async () => {
    const { server, given } = await start();
    await using embedder = bedrockEmbedding({ ...given, headers: { "x-team": "search", accept: "*/*" } });
    const texts = ["first text", "zweiter Täxt 🙂", "third text"];
    const { embeddings, usage } = await embedder.getTextEmbeddingBatch(texts);
    expect(embeddings).toEqual(texts.map((text) => fakeVector(text, 1024)));
    // Of 10, 15 and 10 characters.
    expect(usage).toMatchObject({ inputTokens: 3 + 4 + 3 });
    expect(bodies(server)).toEqual(expect.arrayContaining(texts.map((inputText) => ({ inputText }))));
    const [request] = server.requests;
    expect(request).toMatchObject({ method: "POST", path: "/model/amazon.titan-embed-text-v2%3A0/invoke" });
    expect(request!.headers).toMatchObject({
      authorization: expect.stringContaining("/eu-central-1/bedrock/aws4_request") as string,
      "x-amz-security-token": credentials.sessionToken,
      "x-team": "search",
    });
  });

  it.each<[BedrockModelFamily, FakeBedrockOptions, Partial<BedrockEmbeddingOptions>, object, object]>([
    [
      "titan-v2",
      {},
      { dimensions: 256, normalize: false },
      { inputText: "a", dimensions: 256, normalize: false },
      { inputText: "b", dimensions: 256, normalize: false },
    ],
    ["titan-v1", { model: "amazon.titan-embed-text-v1" }, {}, { inputText: "a" }, { inputText: "b" }],
    [
      "cohere-v3",
      { model: "cohere.embed-multilingual-v3" },
      {},
      { texts: ["a"], input_type: "search_document", truncate: "NONE", embedding_types: ["float"] },
      { texts: ["b"], input_type: "search_query", truncate: "NONE", embedding_types: ["float"] },
    ],
    [
      "cohere-v4",
      { model: "global.cohere.embed-v4:0" },
      { dimensions: 512 },
      {
        texts: ["a"],
        input_type: "search_document",
        truncate: "NONE",
        embedding_types: ["float"],
        output_dimension: 512,
      },
      {
        texts: ["b"],
        input_type: "search_query",
        truncate: "NONE",
        embedding_types: ["float"],
        output_dimension: 512,
      },
    ],
    [
      "nova",
      { model: "amazon.nova-2-multimodal-embeddings-v1:0" },
      { dimensions: 384 },
      {
        taskType: "SINGLE_EMBEDDING",
        singleEmbeddingParams: {
          embeddingPurpose: "GENERIC_INDEX",
          embeddingDimension: 384,
          text: { truncationMode: "NONE", value: "a" },
        },
      },
      {
        taskType: "SINGLE_EMBEDDING",
        singleEmbeddingParams: {
          embeddingPurpose: "TEXT_RETRIEVAL",
          embeddingDimension: 384,
          text: { truncationMode: "NONE", value: "b" },
        },
      },
    ],
  ])("has the fields of %s", async (_family, fake, options, document, query) => {
    const { server, given } = await start(fake);
    await using embedder = bedrockEmbedding({ ...given, ...options });
    const dimensions = embedder.dimensions!;
    expect(await embedder.getTextEmbedding("a")).toEqual(fakeVector("a", dimensions));
    expect(await embedder.getQueryEmbedding("b")).toEqual(fakeVector("b", dimensions));
    expect(bodies(server)).toEqual([document, query]);
  });

  it("to Cohere has up to 96 texts, and its usage from a header", async () => {
    const { server, given } = await start({ model: "cohere.embed-english-v3" });
    await using embedder = bedrockEmbedding(given);
    const texts = Array.from({ length: 100 }, (_, index) => `text ${index + 100}`);
    const { embeddings, usage } = await embedder.getTextEmbeddingBatch(texts);
    expect(embeddings).toEqual(texts.map((text) => fakeVector(text, 1024)));
    // Of 8 characters each.
    expect(usage).toEqual({ inputTokens: 200 });
    const counts = (bodies(server) as { texts: string[] }[]).map((body) => body.texts.length);
    expect(counts.toSorted((a, b) => a - b)).toEqual([4, 96]);
  });

  it.each([
    ["cohere.embed-english-v3", "END", 2048],
    ["us.cohere.embed-v4:0", "RIGHT", Infinity],
  ])("to %s cuts a text with %s, and at its limit of characters", async (model, truncate, length) => {
    const { server, given } = await start({ model });
    await using embedder = bedrockEmbedding({ ...given, truncate: true });
    // The limit is within the smile.
    const text = `${"x".repeat(2047)}🙂${"y".repeat(500)}`;
    await embedder.getTextEmbedding(text);
    const sent = length === 2048 ? "x".repeat(2047) : text;
    expect(bodies(server)).toMatchObject([{ truncate, texts: [sent] }]);
  });

  it("to Nova cuts a text where it may", async () => {
    const { server, given } = await start({ model: "amazon.nova-2-multimodal-embeddings-v1:0" });
    await using embedder = bedrockEmbedding({ ...given, truncate: true });
    await embedder.getTextEmbedding("x".repeat(9000));
    expect(bodies(server)).toMatchObject([
      { singleEmbeddingParams: { text: { truncationMode: "END", value: "x".repeat(8192) } } },
    ]);
  });

  it("can be for an ARN, with the family of its model", async () => {
    const model = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2c3";
    const { server, given } = await start({ model, family: "titan-v2" });
    await using embedder = bedrockEmbedding(given);
    expect(await embedder.getTextEmbedding("a")).toEqual(fakeVector("a", 1024));
    expect(server.requests[0]!.path).toBe(
      "/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Aapplication-inference-profile%2Fa1b2c3/invoke",
    );
  });

  it("is authorized by an API key, without a region", async () => {
    const { server } = await start({ apiKey: "key-of-bedrock" });
    await using embedder = bedrockEmbedding({ apiKey: "key-of-bedrock", baseUrl: server.url });
    await embedder.getTextEmbedding("a");
    expect(server.requests[0]!.headers).toMatchObject({ authorization: "Bearer key-of-bedrock" });
  });

  it("is signed anew in each attempt, with credentials that are renewed", async () => {
    const { server, given } = await start();
    let calls = 0;
    await using embedder = bedrockEmbedding({
      ...given,
      credentials: async () => {
        calls++;
        return { ...credentials, expiration: new Date(Date.now() + 60_000) };
      },
      retry: { delay: 1, maxDelay: 1 },
    });
    server.plan({ kind: "status", status: 500 });
    await embedder.getTextEmbedding("a");
    expect(server.requests).toHaveLength(2);
    expect(calls).toBe(2);
  });

  it("uses the environment", async () => {
    const { server } = await start();
    vi.stubEnv("AWS_ACCESS_KEY_ID", credentials.accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", credentials.secretAccessKey);
    vi.stubEnv("AWS_SESSION_TOKEN", credentials.sessionToken);
    vi.stubEnv("AWS_DEFAULT_REGION", region);
    vi.stubEnv("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    vi.stubEnv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", `${server.url}/`);
    await using embedder = bedrockEmbedding();
    await embedder.getTextEmbedding("a");
    expect(server.requests).toHaveLength(1);
    vi.stubEnv("AWS_REGION", "us-west-2");
    await using elsewhere = bedrockEmbedding();
    expect(await failure(elsewhere.getTextEmbedding("a"))).toMatchObject({
      message: expect.stringContaining(
        "Credential should be scoped to a valid region, not 'us-west-2'.",
      ) as string,
    });
  });

  it.each([
    ["eu-central-1", "bedrock-runtime.eu-central-1.amazonaws.com"],
    ["us-gov-west-1", "bedrock-runtime.us-gov-west-1.amazonaws.com"],
    ["cn-north-1", "bedrock-runtime.cn-north-1.amazonaws.com.cn"],
    ["eusc-de-east-1", "bedrock-runtime.eusc-de-east-1.amazonaws.eu"],
  ])("in %s goes to its own address", async (where, host) => {
    const origins: unknown[] = [];
    const dispatcher = {
      request({ origin }: { origin: unknown }) {
        origins.push(origin);
        return Promise.reject(new Error("no network"));
      },
    };
    await using embedder = bedrockEmbedding({
      credentials,
      region: where,
      dispatcher: dispatcher as never,
      retry: { attempts: 1 },
    });
    await failure(embedder.getTextEmbedding("a"));
    expect(origins).toEqual([`https://${host}`]);
  });
});

describe("bits and bytes", () => {
  it.each<[string, ElementType, number]>([
    ["amazon.titan-embed-text-v2:0", "ubinary", 512],
    ["amazon.titan-embed-text-v2:0", "binary", 256],
    ["cohere.embed-english-v3", "uint8", 1024],
  ])("of %s are %s", async (model, elementType, dimensions) => {
    const { given } = await start({ model });
    await using embedder = bedrockEmbedding({ ...given, elementType, dimensions });
    expect(await embedder.getTextEmbedding("a")).toEqual(fakeVectorOf("a", elementType, dimensions));
  });
});

describe("an error of Amazon Bedrock", () => {
  const refusals = [
    [400, "ValidationException", "Too many input tokens.", BadRequestError, false, false],
    [
      400,
      "ServiceQuotaExceededException",
      "Your request exceeds the service quota.",
      BadRequestError,
      false,
      false,
    ],
    [403, "AccessDeniedException", "You are not authorized.", PermissionError, false, false],
    [
      403,
      "ExpiredTokenException",
      "The security token included in the request is expired",
      PermissionError,
      false,
      false,
    ],
    [404, "ResourceNotFoundException", "Could not resolve the model.", NotFoundError, false, false],
    [
      408,
      "ModelTimeoutException",
      "Model has timed out in processing the request.",
      BadRequestError,
      true,
      false,
    ],
    [424, "ModelErrorException", "The model failed.", ServerError, true, false],
    [
      429,
      "ThrottlingException",
      "Too many requests, please wait before trying again.",
      RateLimitError,
      true,
      true,
    ],
    [429, "ModelNotReadyException", "Model is not ready for inference.", RateLimitError, true, true],
    [500, "InternalServerException", "Internal error.", ServerError, true, false],
    [
      503,
      "ServiceUnavailableException",
      "Bedrock is unable to process your request.",
      ServerError,
      true,
      false,
    ],
  ] as const;

  it.each(refusals)("is %d %s: %s", async (status, type, message, kind, retryable, refused) => {
    const { server, given } = await start();
    await using embedder = bedrockEmbedding({ ...given, retry: { attempts: 1 } });
    const headers = { "x-amzn-errortype": type, "x-amzn-requestid": "request-1" };
    server.plan({ kind: "status", status, headers, message });
    const error = await failure(embedder.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ status, retryable, refused, requestId: "request-1" });
    expect((error as Error).message).toContain(message);
  });

  it("of a quota of tokens per day says so", async () => {
    const { server, given } = await start();
    await using embedder = bedrockEmbedding({ ...given, retry: { attempts: 1 } });
    const message = "Too many tokens per day, please wait before trying again.";
    server.plan({ kind: "status", status: 429, message });
    expect(await failure(embedder.getTextEmbedding("a"))).toMatchObject({ limitInterval: 86_400_000 });
  });

  it("of a model without access says what to do", async () => {
    const { server, given } = await start();
    await using embedder = bedrockEmbedding(given);
    const message = "You don't have access to the model with the specified model ID.";
    server.plan({ kind: "status", status: 403, message });
    expect(await failure(embedder.getTextEmbedding("a"))).toMatchObject({
      message:
        `Amazon Bedrock responded with 403: ${message} (request access to the model for this account and region ` +
        "in the Bedrock console, and allow bedrock:InvokeModel on it)",
    });
  });

  it("of a wrong secret shows none of the credentials", async () => {
    const { given } = await start();
    const wrong = { ...credentials, secretAccessKey: "another-secret-access-key-of-mine" };
    await using embedder = bedrockEmbedding({ ...given, credentials: wrong });
    const error = await failure(embedder.getTextEmbedding("a"));
    expect(error).toBeInstanceOf(PermissionError);
    expect(error).toMatchObject({
      message:
        "Amazon Bedrock responded with 403: The request signature we calculated does not match the signature you provided.",
    });
    const shown =
      inspect([error, embedder], { depth: 9, showHidden: true }) + JSON.stringify([error, embedder]);
    for (const secret of Object.values(wrong)) expect(shown).not.toContain(secret);
  });

  it("of a clock that is wrong says what time it is", async () => {
    const { given } = await start({ clockAhead: 600_000 });
    await using embedder = bedrockEmbedding(given);
    const { message } = (await failure(embedder.getTextEmbedding("a"))) as Error;
    expect(message).toMatch(
      /^Amazon Bedrock responded with 403: Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/,
    );
  });

  it("is that of the function that returns the credentials", async () => {
    const { server, given } = await start();
    const own = Object.assign(new Error("could not load credentials"), { retryable: false });
    await using embedder = bedrockEmbedding({ ...given, credentials: () => Promise.reject(own) });
    expect(await failure(embedder.getTextEmbedding("a"))).toBe(own);
    expect(server.requests).toHaveLength(0);
  });

  it.each([{}, [], 5, { vectors: "none" }])(
    "is a response without a list of embeddings: %j",
    async (body) => {
      const { server, given } = await start();
      await using embedder = bedrockEmbedding(given);
      server.plan({ kind: "otherShape", body });
      const error = await failure(embedder.getTextEmbedding("a"));
      expect(error).toBeInstanceOf(EmbeddingResponseError);
      expect(error).toMatchObject({ retryable: false });
      expect(server.requests).toHaveLength(1);
    },
  );
});

describe("a model of Amazon Bedrock", () => {
  const given = { credentials, region };
  const cohereTypes = ["float", "int8", "uint8", "binary", "ubinary"];
  const allTypes = ["document", "query", "classification", "clustering"];

  it.each([
    [
      "amazon.titan-embed-text-v2:0",
      1024,
      { inputs: 1, charactersPerInput: 50_000, tokensPerInput: 8192 },
      {
        dimensions: [1024, 512, 256],
        inputTypes: [],
        elementTypes: ["float", "binary", "ubinary"],
        truncation: false,
      },
    ],
    [
      "amazon.titan-embed-text-v1",
      1536,
      { inputs: 1, tokensPerInput: 8192 },
      { dimensions: [1536], inputTypes: [], elementTypes: ["float"], truncation: false },
    ],
    [
      "cohere.embed-english-v3",
      1024,
      { inputs: 96, charactersPerInput: 2048, tokensPerInput: 512 },
      { dimensions: [1024], inputTypes: allTypes, elementTypes: cohereTypes, truncation: true },
    ],
    [
      "cohere.embed-v4:0",
      1536,
      { inputs: 96, tokensPerInput: 128_000, tokens: 128_000 },
      {
        dimensions: [1536, 1024, 512, 256],
        inputTypes: allTypes,
        elementTypes: cohereTypes,
        truncation: true,
      },
    ],
    [
      "amazon.nova-2-multimodal-embeddings-v1:0",
      3072,
      { inputs: 1, charactersPerInput: 8192, tokensPerInput: 8192 },
      { dimensions: [3072, 1024, 384, 256], inputTypes: allTypes, elementTypes: ["float"], truncation: true },
    ],
  ])("declares what %s can do", async (model, dimensions, limits, capabilities) => {
    await using embedder = bedrockEmbedding({ ...given, model });
    expect(embedder).toMatchObject({
      provider: "Amazon Bedrock",
      model,
      dimensions,
      elementType: "float",
      limits,
    });
    expect(embedder.capabilities).toMatchObject({ ...capabilities, wireFormats: ["json"] });
  });

  it.each<[object, string]>([
    [
      { model: "" },
      'the model "" does not show how its requests look: give the option family, one of "titan-v2"',
    ],
    [{ family: "titan" }, 'family must be one of "titan-v2", "titan-v1"'],
    [{ baseUrl: "nowhere" }, "baseUrl for Amazon Bedrock must be an http or https URL"],
    [{ baseUrl: null }, "baseUrl for Amazon Bedrock must be an http or https URL, not null"],
    [
      { region: undefined },
      'no region for Amazon Bedrock: set AWS_REGION, or give the option region, such as "us-east-1"',
    ],
    [
      { region: "us-east-1a" },
      'the region for Amazon Bedrock must be a name such as "us-east-1", not "us-east-1a"',
    ],
    [{ region: "x.evil.example/" }, 'must be a name such as "us-east-1", not "x.evil.example/"'],
    [{ region: 5 }, 'the region for Amazon Bedrock must be a name such as "us-east-1", not "5"'],
    [
      { dimensions: 100 },
      "dimensions of amazon.titan-embed-text-v2:0 must be one of 1024, 512, 256, not 100",
    ],
    [{ dimensions: 512, model: "amazon.titan-embed-text-v1" }, "must be 1536, not 512"],
    [
      { elementType: "int8" },
      'elementType of amazon.titan-embed-text-v2:0 must be one of float, binary, ubinary, not "int8"',
    ],
    [{ normalize: "no" }, "normalize must be true or false, not string"],
    [
      { normalize: false, model: "cohere.embed-v4:0" },
      "normalize is an option of Titan V2; leave it out for cohere.embed-v4:0",
    ],
    [{ credentials: { accessKeyId: "AKIA" } }, "the secretAccessKey of the AWS credentials is missing"],
    [
      { credentials: undefined },
      "no credentials for Amazon Bedrock: set AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID",
    ],
  ])("cannot be with the options %j", (wrong, message) => {
    const options = { ...given, ...wrong } as BedrockEmbeddingOptions;
    expect(() => bedrockEmbedding(options)).toThrow(message);
  });

  it("keeps vectors of other options apart in a cache", async () => {
    const { server, given: options } = await start();
    const cache = new Map<string, string>();
    for (const normalize of [undefined, false, undefined]) {
      await using embedder = bedrockEmbedding({ ...options, cache, normalize });
      // One after another: the third is in the cache.
      // oxlint-disable-next-line no-await-in-loop
      await embedder.getTextEmbedding("a");
    }
    expect(bodies(server)).toEqual([{ inputText: "a" }, { inputText: "a", normalize: false }]);
  });
});

interface Subject {
  readonly model: string;
  readonly elementType?: ElementType;
  readonly isSigned?: boolean;
}

const subjects: readonly Subject[] = [
  { model: "amazon.titan-embed-text-v2:0", isSigned: true },
  { model: "amazon.titan-embed-text-v2:0", elementType: "binary" },
  { model: "amazon.titan-embed-text-v2:0", elementType: "ubinary" },
  { model: "cohere.embed-english-v3" },
  { model: "us.cohere.embed-v4:0", elementType: "int8" },
  { model: "us.cohere.embed-v4:0", elementType: "uint8" },
  { model: "us.cohere.embed-v4:0", elementType: "binary", isSigned: true },
  { model: "us.cohere.embed-v4:0", elementType: "ubinary" },
  { model: "amazon.nova-2-multimodal-embeddings-v1:0" },
];

const inputTypes: Readonly<Record<string, "document" | "query" | "classification" | "clustering">> = {
  search_document: "document",
  search_query: "query",
  classification: "classification",
  clustering: "clustering",
  GENERIC_INDEX: "document",
  TEXT_RETRIEVAL: "query",
  CLASSIFICATION: "classification",
  CLUSTERING: "clustering",
};

// Each test has its own server. What is searched for in all output is the API key, or the secrets of a signature.
for (const { model, elementType = "float", isSigned = false } of subjects) {
  const secretsOf = (secret: string) => ({
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: secret,
    sessionToken: secret,
  });
  const apiKey = "secret-key-of-bedrock";
  registerConformance(
    {
      name: `Amazon Bedrock, ${model} with ${elementType}${isSigned ? ", signed" : ""}`,
      service: fakeBedrock({ apiKey, model, ...(isSigned && { credentials: secretsOf(apiKey) }) }),
      requestIdHeader: "x-amzn-requestid",
      inputTypeOf({ body }) {
        const { input_type, singleEmbeddingParams } = body as {
          input_type?: string;
          singleEmbeddingParams?: { embeddingPurpose: string };
        };
        return inputTypes[input_type ?? singleEmbeddingParams?.embeddingPurpose ?? ""];
      },
      create({ apiKey: secret, ...options }) {
        const identity = isSigned ? { credentials: secretsOf(secret) } : { apiKey: secret };
        return bedrockEmbedding({ elementType, ...options, ...identity, region: "us-east-1", model });
      },
    },
    { describe, it: it.concurrent },
  );
}
