import { batches } from "./wrapped-model.ts";
import type { Mutant } from "./mutant.ts";

const echo400 = "an error shows neither key nor text: a refusal that repeats the request";
const noUsage = "usage is unknown if one request does not report it";

/** Defects in what is requested, reported and shown. */
export const reportMutants: readonly Mutant[] = [
  {
    name: "swaps queries and documents",
    changes: {
      request: (request) => ({
        ...request,
        inputType: request.inputType === "query" ? "document" : "query",
      }),
    },
    caughtBy: ["sends each declared input type as such"],
  },
  {
    name: "sends queries as documents",
    changes: { request: (request) => ({ ...request, inputType: "document" }) },
    caughtBy: [
      "sends queries differently from documents, and each in one form",
      "sends each declared input type as such",
    ],
  },
  {
    name: "sends several queries as documents",
    changes: {
      request: (request) => (request.texts.length > 1 ? { ...request, inputType: "document" } : request),
    },
    caughtBy: ["sends each of several texts as the input type that was asked for"],
  },
  {
    name: "reports NaN if the service reports no usage",
    // Another implementation: the engine accepts no such number from a provider.
    changes: batches((batch) => ({ ...batch, usage: batch.usage ?? { inputTokens: Number.NaN } })),
    caughtBy: [noUsage],
  },
  {
    name: "reports 0 if the service reports no usage",
    changes: {
      response: (response) => ({ ...response, usage: response.usage ?? { inputTokens: 0, totalTokens: 0 } }),
    },
    caughtBy: [noUsage],
  },
  {
    name: "reports no rate limits",
    changes: { response: (response) => ({ ...response, rateLimits: undefined }) },
    caughtBy: ["heeds the rate limits that a response reports"],
  },
  {
    name: "reports no usage",
    changes: { response: (response) => ({ ...response, usage: undefined }) },
    caughtBy: ["adds up the usage of all requests"],
  },
  {
    name: "reports characters as tokens",
    service: (service) => ({
      ...service,
      answer(items, ask) {
        const { body, ...reply } = service.answer(items, ask);
        const characters = ask.texts.join("").length;
        return { ...reply, body: { ...(body as object), usage: { prompt_tokens: characters } } };
      },
    }),
    caughtBy: ["usage has tokens, and not characters"],
  },
  {
    name: "reports usage although the service reports no tokens",
    usage: "none",
    caughtBy: ["returns no usage, as the service reports no tokens"],
  },
  {
    name: "reports the same usage for any text",
    service: (service) => ({
      ...service,
      answer(items, ask) {
        const { body, ...reply } = service.answer(items, ask);
        return { ...reply, body: { ...(body as object), usage: { prompt_tokens: 812 } } };
      },
    }),
    caughtBy: ["returns no usage, as the service reports no tokens"],
  },
  {
    name: "counts the usage of failed attempts",
    changes: {
      response: (response, _key, attempt) => ({
        ...response,
        usage: { totalTokens: attempt * (response.usage?.totalTokens ?? 0) },
      }),
    },
    caughtBy: ["counts a request that succeeds at the second attempt once"],
  },
  {
    name: "reports no request ids",
    changes: { response: (response) => ({ ...response, requestId: undefined }) },
    caughtBy: ["returns the provider's ids of requests"],
  },
  {
    name: "throws errors without status or retryable",
    changes: { error: ({ message }) => new Error(message) },
    caughtBy: [
      "does not retry after status 400",
      "a failed batch keeps its embeddings, and lists the failed texts",
    ],
  },
  {
    name: "shows the service's message in its errors",
    changes: {
      error: (error, { came }) => {
        error.message += `: ${came}`;
        return error;
      },
    },
    caughtBy: [echo400, "events show no text, no vector and no key"],
  },
  {
    name: "keeps the service's message as a cause",
    changes: { error: (error, { came }) => Object.assign(error, { cause: new Error(came) }) },
    caughtBy: [echo400],
  },
  {
    name: "keeps the headers of a request in its errors",
    changes: { error: (error, { apiKey }) => Object.assign(error, { headers: { authorization: apiKey } }) },
    caughtBy: [
      "an error shows neither key nor text: a connection that is reset",
      "an error of a time-out shows neither key nor text",
    ],
  },
  {
    name: "keeps most of the key in its errors",
    changes: {
      error: (error, { apiKey }) => {
        error.message += `, with the key ${apiKey.slice(0, -3)}…`;
        return error;
      },
    },
    caughtBy: ["an error shows neither key nor text: a refusal of the key that repeats the request"],
  },
  {
    name: "keeps the body of a request in its errors, visible only to inspect",
    changes: {
      error: (error, { body }) => Object.defineProperty(error, "body", { value: body, enumerable: false }),
    },
    caughtBy: ["an error shows neither key nor text: a page of a gateway", echo400],
  },
  {
    name: "has the key in an event",
    changes: { response: (response, requestId) => ({ ...response, requestId }) },
    caughtBy: ["events show no text, no vector and no key"],
  },
  {
    name: "accepts a key that cannot be sent",
    changes: { isKey: () => true },
    caughtBy: ["refuses an empty key", "refuses a key with a line break, and does not show it"],
  },
  {
    name: "shows the key that cannot be sent",
    changes: {
      isKey: (key) => {
        if (/\s/.test(key)) throw new TypeError(`${key} is no key`);
        return key !== "";
      },
    },
    caughtBy: ["refuses a key with a line break, and does not show it"],
  },
  {
    name: "ignores unknown options",
    changes: {
      options: ({ apiKey, baseUrl, workers, retry, timeout }) => ({
        apiKey,
        baseUrl,
        workers,
        retry,
        timeout,
      }),
    },
    caughtBy: ["refuses an unknown option, and suggests a known one"],
  },
  {
    name: "refuses an unknown option without a suggestion",
    changes: {
      options: (options) => {
        if ("worker" in options) throw new TypeError("an option is unknown");
        return options;
      },
    },
    caughtBy: ["refuses an unknown option, and suggests a known one"],
  },
  {
    name: "loses headers that are not a plain object",
    changes: {
      options: (options) => ({ ...options, headers: { ...(options as { headers?: object }).headers } }),
    },
    caughtBy: ["sends the given headers, in each accepted form"],
  },
  {
    name: "accepts an invalid address",
    changes: { isUrl: () => true },
    caughtBy: ["refuses an invalid address"],
  },
  {
    name: "leaves its connections open",
    changes: { provider: (provider) => ({ ...provider, aclose: async () => {} }) },
    caughtBy: ["closing leaves no connection open"],
    hangs: true,
  },
  {
    name: "never finishes closing",
    changes: { provider: (provider) => ({ ...provider, aclose: () => new Promise<void>(() => {}) }) },
    caughtBy: ["closing twice has no effect, at once and later", "await using closes a model"],
    hangs: true,
  },
];
