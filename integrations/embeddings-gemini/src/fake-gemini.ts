import { isDeepStrictEqual } from "node:util";
import { defineFakeService, type FakeItem, type FakeReply, type FakeService } from "@llx/embeddings/testing";
import { knownModels } from "./known-models.ts";

/** Options of the fake Gemini service. */
export interface FakeGeminiOptions {
  /** The key that it accepts. Default `fake-key-of-gemini`. */
  readonly apiKey?: string | undefined;
  /** The model that it serves. Default `gemini-embedding-2`. */
  readonly model?: string | undefined;
  /** Numbers in its embeddings where a request asks for none. Default 3072. */
  readonly dimensions?: number | undefined;
}

/** The length of a vector of gemini-embedding-001 with fewer dimensions than it has: any but 1. */
const shortened = 0.75;

/**
 * The Gemini API as a client sees it, for tests: it checks each request as the service does, and responds in its forms.
 * A text counts as one token per four characters, rounded up, without the task that is written before it. All texts of a
 * request must have the same task and number of dimensions. A 429 names the quota of a minute, and in its body the wait.
 */
export function fakeGemini(options: FakeGeminiOptions = {}): FakeService {
  const { apiKey = "fake-key-of-gemini", model = "gemini-embedding-2", dimensions = 3072 } = options;
  const known = Object.hasOwn(knownModels, model) ? knownModels[model] : undefined;
  return defineFakeService({
    apiKey,
    keyHeaders: { "x-goog-api-key": apiKey },
    path: `/v1beta/models/${model}:batchEmbedContents`,
    model: `models/${model}`,
    dimensions,
    flatten: (body) => flatten(body, known?.prefixes, known?.refusesLongTexts === true),
    fields: {
      taskType: [
        "RETRIEVAL_DOCUMENT",
        "RETRIEVAL_QUERY",
        "SEMANTIC_SIMILARITY",
        "CLASSIFICATION",
        "CLUSTERING",
        "QUESTION_ANSWERING",
        "FACT_VERIFICATION",
        "CODE_RETRIEVAL_QUERY",
        undefined,
      ],
      title: "any",
      outputDimensionality: [{ from: 1, to: dimensions }, undefined],
      autoTruncate: [true, false, undefined],
    },
    texts: {
      field: "requests",
      limits: { inputs: 100, ...(known !== undefined && { tokensPerInput: known.tokensPerInput }) },
      truncates: ({ autoTruncate = true }) => autoTruncate,
    },
    read: ({ outputDimensionality = dimensions }) => ({ dimensions: outputDimensionality }),
    respond(items, tokens, ask) {
      const isShort = known?.normalizes === false && ask.dimensions < known.dimensions;
      const embeddings = items.map(({ embedding }) => ({ values: isShort ? scaled(embedding) : embedding }));
      return { body: { embeddings, usageMetadata: { promptTokenCount: tokens } } };
    },
    refuse,
    refuseKey: () =>
      errorOf(400, "API key not valid. Please pass a valid API key.", [
        {
          "@type": `${rpc}.ErrorInfo`,
          reason: "API_KEY_INVALID",
          domain: "googleapis.com",
          metadata: { service: "generativelanguage.googleapis.com" },
        },
      ]),
  });
}

type Fields = Readonly<Record<string, unknown>>;

/** The texts as one list, and what all requests of a batch have in common; or what is wrong. */
function flatten(
  { requests, ...others }: Fields,
  prefixes: Readonly<Record<string, string>> = {},
  hasConfig = false,
): Fields | string {
  if (!Array.isArray(requests)) return { ...others, requests };
  let common: Fields | undefined;
  const texts: unknown[] = [];
  for (const [index, request] of (requests as readonly unknown[]).entries()) {
    const { content, ...fields } = (request ?? {}) as Fields;
    const text = textOf(content);
    if (text === undefined) return `requests[${index}].content must have one part with a text`;
    common ??= fields;
    if (!isDeepStrictEqual(fields, common)) return `requests[${index}] must have the fields of the others`;
    const prefix = Object.values(prefixes).find((each) => text.startsWith(each)) ?? "";
    texts.push(text.slice(prefix.length));
  }
  if (!hasConfig) return { ...others, ...common, requests: texts };
  const { embedContentConfig, ...fields } = common ?? {};
  return { ...others, ...fields, ...(embedContentConfig as Fields | undefined), requests: texts };
}

function textOf(content: unknown): string | undefined {
  const { parts, role = "user", ...others } = (content ?? {}) as Fields;
  if (!Array.isArray(parts) || parts.length !== 1 || role !== "user") return undefined;
  const { text, ...more } = (parts[0] ?? {}) as Fields;
  return typeof text === "string" && isDeepStrictEqual({ ...others, ...more }, {}) ? text : undefined;
}

/** Only what may be in a vector of length 1: a test may have put in something else. */
function scaled(embedding: FakeItem["embedding"]): FakeItem["embedding"] {
  if (typeof embedding === "string") return embedding;
  return embedding.map((value) => (value !== null && Math.abs(value) <= 1 ? value * shortened : value));
}

const rpc = "type.googleapis.com/google.rpc";
const statuses: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

/** @param wait in milliseconds */
function refuse(status: number, message: string, wait?: number): FakeReply {
  if (status !== 429) return errorOf(status, message);
  const violation = {
    quotaMetric: "generativelanguage.googleapis.com/embed_content_free_tier_requests",
    quotaId: "EmbedContentRequestsPerMinutePerUserPerProjectPerModel-FreeTier",
    quotaDimensions: { location: "global", model: "gemini-embedding-1.0" },
    quotaValue: "100",
  };
  const delay = { "@type": `${rpc}.RetryInfo`, retryDelay: `${(wait ?? 0) / 1000}s` };
  return errorOf(status, message, [
    { "@type": `${rpc}.QuotaFailure`, violations: [violation] },
    ...(wait === undefined ? [] : [delay]),
  ]);
}

/** google.rpc.Status, as JSON. */
function errorOf(code: number, message: string, details?: readonly object[]): FakeReply {
  return { status: code, body: { error: { code, message, status: statuses[code] ?? "UNKNOWN", details } } };
}
