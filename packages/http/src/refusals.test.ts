import { describe, expect, it } from "vitest";
import { RateLimitError } from "./index.ts";
import { type ErrorCase, errorOf, noQuotaHint } from "./testing/error-of.ts";
import { useLocalServers } from "./testing/local-server.ts";

useLocalServers();

const [minute, day] = [60_000, 86_400_000];

const openAi = (message: string, type: string, code: string | null): unknown => ({
  error: { message, type, param: null, code },
});

const geminiQuota =
  "You exceeded your current quota, please check your plan and billing details. For more information on this " +
  "error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.";

/** Google's form: a list of machine-readable details. */
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

describe("a refusal for a while", () => {
  const cases: Record<string, ErrorCase> = {
    "without a word": {
      status: 429,
      body: "",
      error: { message: "Example responded with 429", retryAfter: undefined, limitInterval: undefined },
    },
    "by Voyage": {
      status: 429,
      body: { detail: "rate limit of 1,000,000 tokens per minute exceeded" },
      error: {
        message: "Example responded with 429: rate limit of 1,000,000 tokens per minute exceeded",
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
    "by Gemini, the limit of the hour hit too": {
      status: 429,
      body: [
        gemini(
          geminiQuota,
          [
            "GenerateContentInputTokensPerModelPerMinute-FreeTier",
            "GenerateRequestsPerHourPerProjectPerModel-FreeTier",
          ],
          "12s",
        ),
      ],
      error: { retryAfter: 12_000, limitInterval: 60 * minute },
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
      error: {
        message: `Example responded with 429: ${geminiQuota}`,
        retryAfter: 26_000,
        limitInterval: minute,
      },
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
      error: { message: "Example responded with 429: Service tier capacity exceeded for this model." },
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
      error: { message: "Example responded with 429: Model is overloaded" },
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
    expect(await errorOf(answer)).toMatchObject({ refused: true, retryable: true, ...error });
  });
});

describe("no quota", () => {
  const cases: Record<string, Omit<ErrorCase, "error" | "status"> & { words: string }> = {
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
    const error = await errorOf({ status: 429, ...answer });
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({
      message: `Example responded with 429: ${words} ${noQuotaHint}`,
      retryable: false,
      refused: false,
      retryAfter: undefined,
    });
  });
});

describe("no quota for the day", () => {
  it("is what Gemini says it is, even with a delay of seconds", async () => {
    const quotaIds = [
      "EmbedContentRequestsPerMinutePerUserPerProjectPerModel-FreeTier",
      "EmbedContentRequestsPerDayPerUserPerProjectPerModel-FreeTier",
    ];
    const error = await errorOf({ status: 429, body: gemini(geminiQuota, quotaIds, "12s") });
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({
      message:
        `Example responded with 429: ${geminiQuota} (the quota of the day is used up: try again when the service ` +
        "resets it, or use another key)",
      retryable: false,
      refused: false,
      retryAfter: undefined,
      limitInterval: day,
    });
  });
});

describe("no refusal", () => {
  const cases: Record<string, ErrorCase> = {
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
    expect(await errorOf(answer)).toMatchObject({ refused: false, ...error });
  });
});
