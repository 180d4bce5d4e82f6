import { describe, expect, it } from "vitest";
import {
  type ApiError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  ServerError,
} from "./index.ts";
import { client, failure, key, rawAnswer, serveRaw, useLocalServers } from "./testing/local-server.ts";

useLocalServers();

const [minute, day] = [60_000, 86_400_000];
const noQuota =
  "(the account's quota or credit is used up, and waiting does not bring it back: " +
  "add to it at the service, or use another key)";

interface Case {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
  readonly error: Partial<ApiError>;
}

/** What one request fails with. */
async function refusal({ status, headers, body }: Omit<Case, "error">): Promise<unknown> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const { url } = await serveRaw((socket) => socket.write(rawAnswer(status, text, headers)));
  return failure(client().postJson(url, { input: ["a text of the user's", "short"] }));
}

const openAi = (message: string, type: string, code: string | null): unknown => ({
  error: { message, type, param: null, code },
});

const geminiQuota =
  "You exceeded your current quota, please check your plan and billing details. For more information on this " +
  "error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.";

/** Google's form: a list of details that programs are meant to read. */
const gemini = (message: string, quotaIds: readonly string[], retryDelay?: string): unknown => ({
  error: {
    code: 429,
    message,
    status: "RESOURCE_EXHAUSTED",
    details: [
      {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        violations: quotaIds.map((quotaId) => ({
          quotaMetric: "generativelanguage.googleapis.com/embed_content_free_tier_requests",
          quotaId,
          quotaDimensions: { location: "global", model: "gemini-embedding-1.0" },
          quotaValue: "100",
        })),
      },
      {
        "@type": "type.googleapis.com/google.rpc.Help",
        links: [{ description: "Learn more about Gemini API quotas", url: "https://ai.google.dev/quotas" }],
      },
      ...(retryDelay === undefined
        ? []
        : [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay }]),
    ],
  },
});

describe("the words of", () => {
  const cases: Record<string, Case> = {
    "FastAPI (vLLM, TEI's routers)": {
      status: 422,
      body: { detail: [{ loc: ["body", "input"], msg: "field required" }] },
      error: { message: "Example answered 422: input: field required", retryable: false, refused: false },
    },
    "FastAPI of today, which sends back what it got": {
      status: 422,
      body: {
        detail: [
          {
            type: "string_type",
            loc: ["body", "input", 1],
            msg: "Input should be a valid string, not a text of the user's",
            input: "short",
          },
          { type: "missing", loc: ["body", "model"], msg: "Field required", input: { input: ["short"] } },
        ],
      },
      error: {
        message:
          "Example answered 422: input.1: Input should be a valid string, not […]; model: Field required",
      },
    },
    "Mistral, with FastAPI's within": {
      status: 422,
      body: {
        object: "error",
        message: { detail: [{ type: "missing", loc: ["body", "input"], msg: "Field required", input: {} }] },
        type: "invalid_request_error",
        param: null,
        code: null,
      },
      error: { message: "Example answered 422: input: Field required" },
    },
    "Gemini, in a list": {
      status: 400,
      body: [{ error: { code: 400, message: "API key not valid", status: "INVALID_ARGUMENT" } }],
      error: { message: "Example answered 400: API key not valid", name: "BadRequestError" },
    },
    Cloudflare: {
      status: 400,
      body: { success: false, errors: [{ code: 7003, message: "No route for that URI" }], messages: [] },
      error: { message: "Example answered 400: No route for that URI" },
    },
    "a service that sends back the key": {
      status: 401,
      body: { detail: [{ loc: ["header", "authorization"], msg: `bad key Bearer ${key}`, input: key }] },
      error: {
        name: "AuthenticationError",
        message: "Example answered 401: header.authorization: bad key [redacted]",
      },
    },
    "TEI whose backend failed": {
      status: 424,
      body: { error: "Backend error: CublasError(CUBLAS_STATUS_NOT_SUPPORTED)", error_type: "Backend" },
      error: {
        name: "ServerError",
        message: "Example answered 424: Backend error: CublasError(CUBLAS_STATUS_NOT_SUPPORTED)",
        status: 424,
        retryable: true,
        refused: false,
      },
    },
  };
  it.each(Object.entries(cases))("%s", async (_service, { error, ...answer }) => {
    expect(await refusal(answer)).toMatchObject(error);
  });
});

describe("a refusal for a while", () => {
  const cases: Record<string, Case> = {
    "without a word": {
      status: 429,
      body: "",
      error: { message: "Example answered 429", retryAfter: undefined, limitInterval: undefined },
    },
    "by Voyage": {
      status: 429,
      body: { detail: "rate limit of 1,000,000 tokens per minute exceeded" },
      error: {
        message: "Example answered 429: rate limit of 1,000,000 tokens per minute exceeded",
        retryAfter: undefined,
        limitInterval: minute,
      },
    },
    "by Voyage, which wants a payment method": {
      status: 429,
      body: {
        detail:
          "You have not yet added your payment method in the billing page and will have reduced rate limits of " +
          "3 RPM and 10K TPM.",
      },
      error: { limitInterval: minute },
    },
    "by OpenAI": {
      status: 429,
      body: openAi(
        "Rate limit reached for text-embedding-3-small in organization org-1 on tokens per min (TPM): Limit " +
          "1000000, Used 999446, Requested 8192. Please try again in 458ms. Visit " +
          "https://platform.openai.com/account/rate-limits to learn more.",
        "tokens",
        "rate_limit_exceeded",
      ),
      error: { retryAfter: 458, limitInterval: minute },
    },
    "by OpenAI of old, which spoke of billing": {
      status: 429,
      body: openAi(
        "Rate limit reached for default-global in organization org-1 on requests per min. Limit: 60 / min. " +
          "Please add a payment method to your account: https://platform.openai.com/account/billing",
        "requests",
        null,
      ),
      error: { limitInterval: minute },
    },
    "by Gemini, with a delay": {
      status: 429,
      body: gemini(
        `${geminiQuota} \nPlease retry in 34.4s.`,
        ["GenerateRequestsPerMinutePerProjectPerModel-FreeTier"],
        "34.4s",
      ),
      error: { retryAfter: 34_400, limitInterval: minute },
    },
    "by Gemini, the limit of the day hit too": {
      status: 429,
      body: [
        gemini(
          geminiQuota,
          [
            "GenerateContentInputTokensPerModelPerMinute-FreeTier",
            "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
          ],
          "12s",
        ),
      ],
      error: { retryAfter: 12_000, limitInterval: day },
    },
    "by Gemini, with no delay but a window": {
      status: 429,
      body: gemini(geminiQuota, ["GenerateRequestsPerMinutePerProjectPerModel"]),
      error: { retryAfter: undefined, limitInterval: minute },
    },
    "by Gemini, its delay in the words alone": {
      status: 429,
      body: [
        {
          error: { code: 429, message: `${geminiQuota} Please retry in 26s.`, status: "RESOURCE_EXHAUSTED" },
        },
      ],
      error: { retryAfter: 26_000 },
    },
    "by Gemini, behind a gateway that quotes it": {
      status: 429,
      body: {
        error: {
          message: JSON.stringify(gemini(geminiQuota, ["RequestsPerMinute"], "26s")),
          code: 429,
          status: "Too Many Requests",
        },
      },
      error: { message: `Example answered 429: ${geminiQuota}`, retryAfter: 26_000, limitInterval: minute },
    },
    "by Vertex": {
      status: 429,
      body: [{ error: { code: 429, message: "Resource has been exhausted (e.g. check quota)." } }],
      error: { retryAfter: undefined },
    },
    "by Azure": {
      status: 429,
      headers: { "retry-after": "60" },
      body: {
        error: {
          code: "429",
          message:
            "Requests to the Embeddings_Create Operation under Azure OpenAI API version 2024-02-01 have exceeded " +
            "call rate limit of your current OpenAI S0 pricing tier. Please retry after 59 seconds. Please go " +
            "here: https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit.",
        },
      },
      error: { retryAfter: 60_000 },
    },
    "by Azure, without a header": {
      status: 429,
      body: { statusCode: 429, message: "Rate limit is exceeded. Try again in 20 seconds." },
      error: { retryAfter: 20_000 },
    },
    "by Together, which calls it a credit limit": {
      status: 429,
      body: openAi(
        "You have been rate limited. Your rate limit is 60 queries per minute. Please navigate to " +
          "https://api.together.xyz/settings/billing to upgrade to a paid plan.",
        "credit_limit",
        null,
      ),
      error: { limitInterval: minute },
    },
    "by Mistral": {
      status: 429,
      body: {
        object: "error",
        message: "Service tier capacity exceeded for this model.",
        type: "service_tier_capacity_exceeded",
        param: null,
        code: "3505",
      },
      error: { message: "Example answered 429: Service tier capacity exceeded for this model." },
    },
    "by Groq, for the day": {
      status: 429,
      body: openAi(
        "Rate limit reached for model `m` in organization `o` on tokens per day (TPD): Limit 100000, Used 97050, " +
          "Requested 3619. Please try again in 9m38.016s. Need more tokens? Upgrade to Dev Tier today at " +
          "https://console.groq.com/settings/billing",
        "tokens",
        "rate_limit_exceeded",
      ),
      error: { retryAfter: 578_016, limitInterval: day },
    },
    "by OpenRouter, which would sell credits": {
      status: 429,
      body: {
        error: {
          message: "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 requests per day",
          code: 429,
        },
      },
      error: { limitInterval: day },
    },
    "by TEI": {
      status: 429,
      body: { error: "Model is overloaded", error_type: "Overloaded" },
      error: { message: "Example answered 429: Model is overloaded" },
    },
    "by Hugging Face, of which the model is loading": {
      status: 503,
      body: { error: "Model a/b is currently loading", estimated_time: 20.5 },
      error: { name: "ServerError", retryAfter: 20_500 },
    },
    "by Ollama": {
      status: 503,
      body: { error: "server busy, please try again.  maximum pending requests exceeded" },
      error: { name: "ServerError" },
    },
    "by Anthropic's status": {
      status: 529,
      body: { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
      error: { name: "ServerError", status: 529 },
    },
    "by a 503 that names a wait": {
      status: 503,
      headers: { "retry-after": "5" },
      body: "",
      error: { retryAfter: 5000 },
    },
    "with quota and a wait": {
      status: 429,
      headers: { "retry-after": "30" },
      body: openAi("You exceeded your current quota", "insufficient_quota", "insufficient_quota"),
      error: { retryAfter: 30_000 },
    },
  };
  it.each(Object.entries(cases))("%s", async (_service, { error, ...answer }) => {
    expect(await refusal(answer)).toMatchObject({ refused: true, retryable: true, ...error });
  });
});

describe("no quota", () => {
  const cases: Record<string, Omit<Case, "error" | "status"> & { words: string }> = {
    "at OpenAI": {
      body: openAi(
        "You exceeded your current quota, please check your plan and billing details.",
        "insufficient_quota",
        "insufficient_quota",
      ),
      words: "You exceeded your current quota, please check your plan and billing details.",
    },
    "by the code alone": {
      body: openAi("No.", "insufficient_quota", "insufficient_quota"),
      words: "No.",
    },
    "at Gemini, with neither a wait nor a window": {
      body: {
        error: {
          code: 429,
          message: geminiQuota,
          status: "RESOURCE_EXHAUSTED",
          details: [
            {
              links: [
                { description: "Learn more", url: "https://ai.google.dev/gemini-api/docs/rate-limits" },
              ],
            },
          ],
        },
      },
      words: geminiQuota,
    },
    "at Moonshot": {
      body: {
        error: { message: "Your account is suspended", type: "exceeded_current_quota_error" },
      },
      words: "Your account is suspended",
    },
    "at Cohere, for the month": {
      body: { message: "You are using a Trial key, which is limited to 1000 API calls / month." },
      words: "You are using a Trial key, which is limited to 1000 API calls / month.",
    },
    "where the credit is used up": {
      body: { detail: "Your credit balance is too low" },
      words: "Your credit balance is too low",
    },
    "where the service says to try again": {
      headers: { "x-should-retry": "true" },
      body: { detail: "billing hard limit reached" },
      words: "billing hard limit reached",
    },
    "for the plan": { body: { error: "quota exceeded for the plan" }, words: "quota exceeded for the plan" },
  };
  it.each(Object.entries(cases))("%s", async (_service, { words, ...answer }) => {
    const error = await refusal({ status: 429, ...answer });
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({
      message: `Example answered 429: ${words} ${noQuota}`,
      retryable: false,
      refused: false,
      retryAfter: undefined,
    });
  });
});

describe("no refusal", () => {
  const cases: Record<string, Case> = {
    "is a 503 that just fails": {
      status: 503,
      body: "<h1>Service Unavailable</h1>",
      error: { retryable: true },
    },
    "is a 500 that speaks of load": {
      status: 500,
      body: { error: "overloaded" },
      error: { retryable: true },
    },
    "is a 400 that speaks of minutes": {
      status: 400,
      body: { error: "too many tokens per minute" },
      error: { limitInterval: undefined },
    },
    "is a payment that is due": {
      status: 402,
      body: { error: "no credits" },
      error: { name: "PermissionError" },
    },
    "is what the service says not to try again": {
      status: 429,
      headers: { "x-should-retry": "false" },
      body: { error: "3 RPM" },
      error: { retryable: false, limitInterval: minute },
    },
  };
  it.each(Object.entries(cases))("%s", async (_service, { error, ...answer }) => {
    expect(await refusal(answer)).toMatchObject({ refused: false, ...error });
  });
});

describe("an error in an answer of 200", () => {
  const cases: Record<string, Omit<Case, "status"> & { kind: typeof ApiError }> = {
    "with a code": {
      body: { error: { message: "model is loading", code: 503 } },
      kind: ServerError,
      error: {
        message: "Example answered 200 with an error (503): model is loading",
        status: 503,
        retryable: true,
        refused: true,
      },
    },
    "with a code in a string": {
      body: { error: { message: "no such model", code: "404" }, data: [] },
      kind: NotFoundError,
      error: {
        message: "Example answered 200 with an error (404): no such model",
        retryable: false,
        refused: false,
      },
    },
    "with a code beside it": {
      body: { status: 401, error: "bad key" },
      kind: AuthenticationError,
      error: { message: "Example answered 200 with an error (401): bad key", retryable: false },
    },
    "of another service, which a gateway quotes": {
      body: {
        error: {
          message:
            'HTTP 429: {"error":{"code":"RateLimitReached","message":"Your requests have exceeded the call rate ' +
            'limit. Please retry after 2 seconds."}}',
          code: 429,
        },
      },
      kind: RateLimitError,
      error: {
        message:
          "Example answered 200 with an error (429): HTTP 429: Your requests have exceeded the call rate limit. " +
          "Please retry after 2 seconds.",
        status: 429,
        refused: true,
        retryAfter: 2000,
      },
    },
    "as a string": {
      body: { error: "CUDA out of memory" },
      kind: ServerError,
      error: {
        message: "Example answered 200 with an error: CUDA out of memory",
        status: 200,
        retryable: true,
        refused: false,
      },
    },
    "whose code is no status": {
      body: { error: { message: "no", code: "E_NO" } },
      kind: ServerError,
      error: { message: "Example answered 200 with an error: no", retryable: true },
    },
    "that is overload without a code": {
      body: { error: "the server is busy, try again in 3s" },
      kind: ServerError,
      error: { retryable: true, refused: true, retryAfter: 3000 },
    },
    "that is a lack of quota without a code": {
      body: { error: { message: "no more", type: "insufficient_quota" } },
      kind: RateLimitError,
      error: {
        message: `Example answered 200 with an error: no more ${noQuota}`,
        retryable: false,
        refused: false,
      },
    },
    "in a list": {
      body: [{ error: { code: 403, message: "denied" } }],
      kind: PermissionError,
      error: { message: "Example answered 200 with an error (403): denied", retryable: false },
    },
    "that sends back key and text": {
      body: { error: { message: `${key}: a text of the user's`, code: 422 } },
      kind: BadRequestError,
      error: { message: "Example answered 200 with an error (422): [redacted]: […]" },
    },
    "that the service says not to try again": {
      headers: { "x-should-retry": "false", "x-request-id": "req-1" },
      body: { error: "no" },
      kind: ServerError,
      error: { retryable: false, requestId: "req-1" },
    },
  };
  it.each(Object.entries(cases))("%s", async (_form, { kind, error, ...answer }) => {
    const thrown = await refusal({ status: 200, ...answer });
    expect(thrown).toBeInstanceOf(kind);
    expect(thrown).toMatchObject(error);
  });

  it("is found by whoever reads bytes with a parser of his own, whether that can read it or not", async () => {
    const { url } = await serveRaw((socket) => socket.write(rawAnswer(200, '{"error":"loading"}')));
    const parsers: ((body: Buffer) => unknown)[] = [
      (body) => JSON.parse(body.toString()) as unknown,
      (): never => {
        throw new Error("there are no vectors");
      },
      (): undefined => undefined,
    ];
    for (const parse of parsers) {
      expect(await failure(client().postJson(url, {}, { parse }))).toMatchObject({
        message: "Example answered 200 with an error: loading",
      });
    }
  });

  it("is left to whoever asks for bytes or a stream", async () => {
    const { url } = await serveRaw((socket) => socket.write(rawAnswer(200, '{"error":"loading"}')));
    const { bytes } = await client().postBytes(url, {});
    expect(Buffer.from(bytes).toString()).toBe('{"error":"loading"}');
  });
});
