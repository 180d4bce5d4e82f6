import { type IncomingMessage, request as httpRequest } from "node:http";
import { text as readText } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import type { EmbeddingProvider } from "../../contract/embedding-provider.ts";
import type { ElementType } from "../../contract/element-type.ts";
import type { Mutant } from "./mutant.ts";
import type { Changes } from "./plain-embedding.ts";
import { PlainError, plainPost } from "./plain-post.ts";

type Provider = EmbeddingProvider<ElementType>;

function retryable(verdict: (error: PlainError) => boolean): Changes {
  return {
    error: (error) => {
      error.retryable = verdict(error);
      return error;
    },
  };
}

function embed(change: (provider: Provider) => Provider["embed"]): Changes {
  return { provider: (provider) => ({ ...provider, embed: change(provider) }) };
}

const aborts = "an abort ends the call with its reason, and the request with it";

/** Defects in sending a request once, and in deciding whether to retry. */
export const attemptMutants: readonly Mutant[] = [
  {
    name: "retries after 401",
    changes: retryable(({ retryable: is, status }) => is || status === 401),
    caughtBy: ["does not retry after status 401"],
  },
  {
    name: "retries after every refusal",
    changes: retryable(() => true),
    caughtBy: [400, 401, 403, 404, 413, 422].map((status) => `does not retry after status ${status}`),
  },
  {
    name: "does not retry after 429",
    changes: retryable(({ retryable: is, status }) => is && status !== 429),
    caughtBy: ["retries after status 429"],
  },
  {
    name: "retries after the quota is used up",
    changes: retryable(({ retryable: is, status }) => is || status === 429),
    caughtBy: ["does not retry after the quota is used up"],
  },
  {
    name: "mistakes an error with status 200 for a response without embeddings",
    changes: {
      post: async (...sent) => {
        const reply = await plainPost(...sent);
        return { ...reply, text: reply.text.replace('{"error":', '{"other":') };
      },
    },
    caughtBy: ["treats an error with status 200 as a failure, and retries if its code says so"],
  },
  {
    name: "retries after each error with status 200",
    changes: retryable(({ retryable: is, status }) => is || status === 200),
    caughtBy: ["treats an error with status 200 as a failure, and retries if its code says so"],
  },
  {
    name: "does not retry after a failure of the service",
    changes: retryable(({ retryable: is, status = 0 }) => is && status < 500),
    caughtBy: [500, 502, 503].map((status) => `retries after status ${status}`),
  },
  {
    name: "does not retry after a broken connection",
    changes: retryable(({ retryable: is, status }) => is && status !== undefined),
    caughtBy: [
      "retries after a connection that is reset",
      "retries after a connection that is reset within the response",
      "retries after a response that breaks off",
    ],
  },
  {
    name: "does not retry after a response that is not JSON",
    changes: retryable(({ retryable: is, status }) => is && status !== 200),
    caughtBy: ["retries after JSON that is cut short", "retries after a page of a gateway with status 200"],
  },
  {
    name: "retries within an attempt",
    changes: embed((provider) => async (...given) => {
      try {
        return await provider.embed(...given);
      } catch (error) {
        if (!(error instanceof PlainError && error.retryable)) throw error;
        return provider.embed(...given);
      }
    }),
    caughtBy: [
      "makes at most three attempts",
      "makes one attempt with attempts: 1",
      "emits an event for each attempt, and counts usage once",
    ],
  },
  {
    name: "ignores how long the service asks to wait",
    changes: {
      error: (error) => {
        error.retryAfter = undefined;
        return error;
      },
    },
    caughtBy: [
      "waits as long as the service asks, and so do all other requests",
      "waits as long as the service states in its own form",
      "fails at once if the service asks for a longer wait than allowed",
    ],
  },
  {
    name: "takes the milliseconds that the service asks to wait for seconds",
    changes: {
      error: (error) => {
        error.retryAfter = error.retryAfter && error.retryAfter * 1000;
        return error;
      },
    },
    caughtBy: ["waits as long as the service states in its own form"],
  },
  {
    name: "delays only the request that was refused",
    changes: {
      error: (error) => {
        error.retryAfter = 1;
        return error;
      },
      ...embed((provider) => async (request, attempt) => {
        if (attempt.attempt > 1) await setTimeout(620);
        return provider.embed(request, attempt);
      }),
    },
    caughtBy: ["waits as long as the service asks, and so do all other requests"],
  },
  {
    name: "waits for a day if the service asks for it",
    changes: { options: (options) => ({ ...options, retry: { ...options.retry, maxRetryAfter: 1e9 } }) },
    caughtBy: ["fails at once if the service asks for a longer wait than allowed"],
    hangs: true,
  },
  {
    name: "reads responses of any length",
    changes: { attempt: (attempt) => ({ ...attempt, maxBytes: undefined }) },
    caughtBy: ["aborts a response longer than any valid one, and does not retry"],
    hangs: true,
  },
  {
    name: "does not pass on the time-out",
    changes: { attempt: (attempt) => ({ ...attempt, timeout: 60_000 }) },
    caughtBy: ["gives its client the time-out of an attempt, so that a long one is no shorter"],
  },
  {
    name: "ignores the signal",
    changes: { attempt: (attempt) => ({ ...attempt, signal: new AbortController().signal }) },
    caughtBy: [
      aborts,
      "an abort ends the call in the middle of a response too",
      "closing with abort ends open calls",
    ],
    hangs: true,
  },
  {
    name: "ignores signal and time-out once the headers have arrived",
    changes: {
      post: async (url, { agent, apiKey, body, signal }) => {
        const authorization = `Bearer ${apiKey}`;
        const reply = await new Promise<IncomingMessage>((resolve, reject) => {
          const outgoing = httpRequest(url, { method: "POST", agent, headers: { authorization } }, resolve);
          const stop = (): void => void outgoing.destroy();
          signal.addEventListener("abort", stop);
          outgoing.on("response", () => signal.removeEventListener("abort", stop));
          outgoing.on("error", reject);
          outgoing.end(body);
        });
        return { status: reply.statusCode ?? 0, headers: reply.headers, text: await readText(reply) };
      },
    },
    caughtBy: [
      "aborts an attempt after the time-out if nothing follows the headers",
      "aborts an attempt after the time-out if nothing follows the body",
      "an abort ends the call in the middle of a response too",
    ],
    hangs: true,
  },
];
