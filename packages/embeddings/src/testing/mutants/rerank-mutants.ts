import { inspect } from "node:util";
import { CallbackManager } from "@llx/callbacks";
import type { FakeService } from "../fake-service.ts";
import { PlainError, plainPost } from "./plain-post.ts";
import type { RerankChanges } from "./plain-reranker.ts";
import { proxyMutants } from "./proxy-mutants.ts";
import { rankings, rerankMethods } from "./wrapped-reranker.ts";

/** A reranker with one defect, and the tests that find it. */
export interface RerankMutant {
  readonly name: string;
  readonly changes?: RerankChanges | undefined;
  /** Its fake, if the defect is there. */
  readonly service?: ((service: FakeService) => FakeService) | undefined;
  /** Tests of the suite that must fail, by name; others may as well. */
  readonly caughtBy: readonly string[];
  /** Whether it is found because it hangs: the tests need not wait long. */
  readonly hangs?: boolean;
}

const form = "names the form of a response without results, and shows none of its content";

export const rerankMutants: readonly RerankMutant[] = [
  {
    name: "has the key in the address",
    changes: { post: (url, sent) => plainPost(`${url}?key=${sent.apiKey}`, sent) },
    caughtBy: ["has the key in no address"],
  },
  ...proxyMutants,
  {
    name: "keeps the order of the response",
    changes: rerankMethods((inner) => ({
      rerank: async (query, texts, options) => {
        const { results, ...others } = await inner.rerank(query, texts, options);
        return { ...others, results: [...results.slice(1), ...results.slice(0, 1)] };
      },
    })),
    caughtBy: ["orders results by score, whatever order they arrive in"],
  },
  {
    name: "returns results in the order of the texts",
    changes: rankings(({ results, ...others }) => ({
      ...others,
      results: results.toSorted((one, other) => one.index - other.index),
    })),
    caughtBy: ["sends the query and the texts in one request, in their order"],
  },
  {
    name: "orders equal scores by chance",
    changes: rankings(({ results, ...others }) => ({
      ...others,
      results: results.toSorted((one, other) => other.score - one.score || other.index - one.index),
    })),
    caughtBy: ["orders equal scores by index"],
  },
  {
    name: "numbers results as they arrive",
    changes: { results: (results) => results.map(({ score }, index) => ({ index, score })) },
    caughtBy: [
      "sends the query and the texts in one request, in their order",
      "rejects a response with a duplicate index",
      "rejects a response with an index out of range",
      "rejects a response with indexes that count from 1",
    ],
  },
  {
    name: "reads an index that is not a number as one that is left",
    changes: {
      results: (results, { texts }) => {
        const left = texts.findIndex((_, at) => results.every(({ index }) => index !== at));
        return results.map(({ index, score }) => ({
          index: typeof index === "number" ? index : left,
          score,
        }));
      },
    },
    caughtBy: ["rejects a response with an index that is not a number"],
  },
  {
    name: "counts from 1 where the service does",
    changes: {
      results: (results) => {
        const isFromOne = results.every(({ index }) => index > 0);
        return results.map(({ index, score }) => ({ index: isFromOne ? index - 1 : index, score }));
      },
    },
    caughtBy: ["rejects a response with indexes that count from 1"],
  },
  {
    name: "drops results with the index of no text",
    changes: { results: (results, { texts }) => results.filter(({ index }) => !(index >= texts.length)) },
    caughtBy: ["rejects a response with one result too many"],
  },
  {
    name: "fills missing results with 0",
    changes: {
      results: (results, { texts }) => {
        const missing = texts.flatMap((_, at) =>
          results.some(({ index }) => index === at) ? [] : [{ index: at, score: 0 }],
        );
        return [...results, ...missing].slice(0, texts.length);
      },
    },
    caughtBy: ["rejects a response with one result too few"],
  },
  {
    name: "reads invalid scores as 0",
    changes: {
      results: (results) =>
        results.map(({ index, score }) => ({ index, score: Number.isFinite(score) ? score : 0 })),
    },
    caughtBy: [
      "rejects a response with a score that is not finite",
      "rejects a response with null instead of a score",
      "rejects a response with a bare NaN instead of a score",
    ],
  },
  {
    name: "names no text for an invalid score",
    changes: {
      results: (results) => {
        if (results.some(({ score }) => !Number.isFinite(score))) throw new TypeError("a score is invalid");
        return results;
      },
    },
    caughtBy: ["names the text of a score that is null"],
  },
  {
    name: "returns no results for a response without any",
    changes: {
      response: (response) => ({ ...response, results: response.results ?? [] }),
    },
    caughtBy: [form],
  },
  {
    name: "shows a response without results",
    changes: {
      response: (response) => {
        if (response.results === undefined) throw new TypeError(JSON.stringify(response.body));
        return response;
      },
    },
    caughtBy: [form],
  },
  {
    name: "retries after an invalid response",
    changes: rerankMethods((inner) => ({
      rerank: (...given) => inner.rerank(...given).catch(() => inner.rerank(...given)),
    })),
    caughtBy: ["does not retry after wrong indexes, as each attempt is paid for"],
  },
  {
    name: "mistakes a page for an empty response",
    changes: {
      post: async (...sent) => {
        const reply = await plainPost(...sent);
        return reply.text.startsWith("{") ? reply : { ...reply, text: '{"results":[]}' };
      },
      results: (results, { texts, topN = texts.length }) =>
        results.length > 0 ? results : texts.slice(0, topN).map((_, index) => ({ index, score: 0 })),
    },
    caughtBy: ["retries after a page of a gateway with status 200", "rejects a response with an empty body"],
  },
  {
    name: "ignores topN",
    changes: { request: (request) => ({ ...request, topN: undefined }) },
    caughtBy: ["requests and returns topN results"],
  },
  {
    name: "requests all results, and drops most",
    changes: {
      request: (request) => ({ ...request, topN: undefined }),
      results: (results, { topN }) => results.slice(0, topN),
    },
    caughtBy: ["requests and returns topN results"],
  },
  {
    name: "sends equal texts once",
    changes: {
      request: (request) => ({ ...request, texts: [...new Set(request.texts)] }),
      results: (results, { texts }) => texts.map((_, index) => ({ index, score: results[0]!.score })),
    },
    caughtBy: ["orders equal scores by index"],
  },
  {
    name: "sends the texts in two requests",
    changes: rerankMethods((inner) => ({
      rerank: async (query, texts, options) => {
        if (texts.length < 2) return inner.rerank(query, texts, options);
        const one = await inner.rerank(query, texts.slice(0, 1), options);
        const other = await inner.rerank(query, texts.slice(1), options);
        const moved = other.results.map(({ index, score }) => ({ index: index + 1, score }));
        const results = [...one.results, ...moved].toSorted((a, b) => b.score - a.score || a.index - b.index);
        return { ...one, results: results.slice(0, options?.topN) };
      },
    })),
    caughtBy: [
      "sends the query and the texts in one request, in their order",
      "refuses a request of one above limits.inputs, before anything is sent",
    ],
  },
  {
    name: "sends a request for no texts",
    changes: rerankMethods((inner) => ({
      rerank: (query, texts, options) =>
        inner.rerank(query, texts.length === 0 ? ["nothing"] : texts, options),
    })),
    caughtBy: ["has no results for no texts, and sends nothing", "emits no events for no texts"],
  },
  {
    name: "replaces what is not a text",
    changes: rerankMethods((inner) => ({
      rerank: (query, texts, options) =>
        inner.rerank(
          query,
          Array.isArray(texts) ? texts.map((text) => (text as string) || "-") : texts,
          options,
        ),
    })),
    caughtBy: [
      "refuses an empty text, and names its index; and such a query",
      "refuses a value that is not a string, and names its index",
    ],
  },
  {
    name: "replaces an empty query",
    changes: rerankMethods((inner) => ({
      rerank: (query, texts, options) => inner.rerank(query || "anything", texts, options),
    })),
    caughtBy: ["refuses an empty text, and names its index; and such a query"],
  },
  {
    name: "cuts what is too long",
    changes: { request: (request) => ({ ...request, truncate: true }) },
    caughtBy: ["cuts only with truncate, and then accepts what is too long"],
  },
  ...(["inputs", "tokensPerQuery", "tokensPerInput", "tokensPerPair", "tokens"] as const).flatMap(
    (name): RerankMutant[] => [
      {
        name: `declares a higher limits.${name}`,
        changes: {
          provider: (provider) => ({
            ...provider,
            limits: { ...provider.limits, [name]: provider.limits[name]! + 1 },
          }),
        },
        caughtBy: [`the service accepts a request filled to limits.${name}`],
      },
      {
        name: `declares a lower limits.${name}`,
        changes: {
          provider: (provider) => ({
            ...provider,
            limits: { ...provider.limits, [name]: provider.limits[name]! - 1 },
          }),
        },
        caughtBy: [`the service refuses a request of one above limits.${name}`],
      },
    ],
  ),
  {
    name: "never gives up a request",
    changes: { attempt: (attempt) => ({ ...attempt, signal: new AbortController().signal }) },
    hangs: true,
    caughtBy: ["an abort ends the call with its reason, and the request with it, after the request"],
  },
  {
    name: "rejects an aborted call with another reason",
    changes: rerankMethods((inner) => ({
      rerank: (...given) =>
        inner.rerank(...given).catch((error: unknown) => {
          throw given[2]?.signal?.aborted ? new Error("aborted") : error;
        }),
    })),
    caughtBy: [
      "a call with an aborted signal sends nothing",
      "an abort ends the call with its reason, and the request with it, after the body",
    ],
  },
  {
    name: "never closes its connections",
    changes: { provider: (provider) => ({ ...provider, aclose: undefined as never }) },
    hangs: true,
    caughtBy: ["closing leaves no connection open"],
  },
  {
    name: "does not wait for calls when it is closed",
    changes: rerankMethods((inner) => ({
      aclose: async (options) => void inner.aclose(options),
    })),
    caughtBy: ["closing waits for open calls"],
  },
  {
    name: "ignores totalTimeout",
    changes: rerankMethods((inner) => ({
      rerank: (query, texts, options) => inner.rerank(query, texts, { ...options, totalTimeout: undefined }),
    })),
    hangs: true,
    caughtBy: ["totalTimeout ends the whole call, even with attempts left"],
  },
  {
    name: "retries what cannot succeed",
    changes: { error: (error) => Object.assign(error, { retryable: true }) },
    caughtBy: ["does not retry after status 400", "does not retry after status 401"],
  },
  {
    name: "ignores the wait that the service asks for",
    changes: { error: (error) => Object.assign(error, { retryAfter: undefined }) },
    caughtBy: ["waits as long as the service asks, and so do all other requests"],
  },
  {
    name: "shows the key in an error",
    changes: { error: (error, { apiKey }) => Object.assign(error, { sentKey: apiKey }) },
    caughtBy: ["an error shows neither key nor text: a refusal that repeats the request"],
  },
  {
    name: "shows the texts in an error",
    changes: { error: (error, { body }) => Object.assign(error, { sent: body }) },
    caughtBy: [
      "an error shows neither key nor text: an error that repeats the request",
      "events show no query, no text and no key",
    ],
  },
  {
    name: "keeps its options",
    changes: { reranker: (inner, options) => Object.assign(inner, { options }) },
    caughtBy: ["a reranker shows no key"],
  },
  {
    name: "drops the usage",
    changes: { response: (response) => ({ ...response, usage: undefined }) },
    caughtBy: ["returns the usage, that of the attempt that succeeded"],
  },
  {
    name: "drops the id of a request",
    changes: { response: (response) => ({ ...response, requestId: undefined }) },
    caughtBy: ["returns the service's id of the request"],
  },
  {
    name: "emits no events",
    changes: rerankMethods((inner) => {
      const nobody = new CallbackManager();
      return {
        rerank: (query, texts, options) =>
          inner.rerank(query, texts, { ...options, callbackManager: nobody }),
      };
    }),
    caughtBy: ["emits an event for a call, and its job within"],
  },
  {
    name: "accepts any key",
    changes: { isKey: () => true },
    caughtBy: ["refuses an empty key", "refuses a key with a line break, and does not show it"],
  },
  {
    name: "accepts any address",
    changes: { isUrl: () => true },
    caughtBy: ["refuses an invalid address"],
  },
  {
    name: "drops headers",
    changes: { options: (options) => ({ ...options, headers: undefined }) as typeof options },
    caughtBy: ["sends the given headers, in each accepted form"],
  },
  {
    name: "has one error for everything",
    changes: {
      error: (error) => new PlainError(inspect(error.message).slice(0, 9), undefined, false),
    },
    caughtBy: ["retries after status 503", "does not retry after status 404"],
  },
  {
    name: "has a fake that cuts without being told to",
    service: (service) => ({
      ...service,
      rerank: {
        ...service.rerank!,
        read: (request) =>
          service.rerank!.read({ ...request, body: { ...(request.body as object), truncation: true } }),
      },
    }),
    caughtBy: ["cuts only with truncate, and then accepts what is too long"],
  },
];
