import type { AdaptiveLimiter, RateLimiter, RateLimits, RetryOptions, Semaphore } from "@llx/async";
import type { CallbackManager } from "@llx/callbacks";
import type { CacheOptions, CacheStore } from "./cache-options.ts";
import type { EmbeddingLimits } from "./embedding-limits.ts";
import type { RequestBudget } from "./request-budget.ts";

/** How texts are cut before they are sent. */
export interface TruncateOptions {
  /** The most tokens of a text, up to the provider's `tokensPerInput`. */
  readonly tokens: number;
}

/** Options of every provider, with the same meaning. */
export interface EmbeddingModelOptions {
  /**
   * How many requests of all calls together may run at once: a number; or a `Semaphore` or an `AdaptiveLimiter` that
   * several models share.
   *
   * @default 4 where the provider declares its rate limits, else an `AdaptiveLimiter` that begins with 4
   */
  readonly workers?: number | Semaphore | AdaptiveLimiter | undefined;
  /**
   * How failed requests are retried; `{ attempts: 1 }` turns retries off.
   *
   * @default 3 attempts
   */
  readonly retry?: RetryOptions | undefined;
  /**
   * How many requests, tokens and texts (`inputs`) may start per interval; or a `RateLimiter` that several models share. The limits that
   * the service reports, or that are learned from refusals, apply too; with `false`, none of these limits apply.
   *
   * @default the limits that the provider declares
   */
  readonly rate?: RateLimits | RateLimiter | false | undefined;
  /**
   * Limits of one request that differ from the provider's, such as `{ inputs: 32 }` for a smaller server. The others
   * stay as declared.
   *
   * @default the limits that the provider declares for the model
   */
  readonly limits?: Partial<EmbeddingLimits> | undefined;
  /**
   * Milliseconds for one attempt, including the body of the response.
   *
   * @default 60_000
   */
  readonly timeout?: number | undefined;
  /**
   * Maximum bytes of a decompressed response, for providers that send requests.
   *
   * @default the size of the requested embeddings as JSON, with room
   */
  readonly maxBytes?: number | undefined;
  /**
   * `true`: the provider cuts texts that are too long, where it supports that. `{ tokens }`: each text is cut to at most so
   * many tokens before it is sent, for any provider whose tokens are counted; the results tell which. Otherwise a text over a
   * limit is an error, as cutting loses text silently.
   *
   * @default false
   */
  readonly truncate?: boolean | TruncateOptions | undefined;
  /**
   * `true`: accepts embeddings of zeros, as some models return them for texts without a word that they know. Otherwise they
   * are errors, as their similarity to any other is undefined; with `settle`, the other texts of the request keep theirs.
   *
   * @default false
   */
  readonly allowZero?: boolean | undefined;
  /**
   * `true`: each embedding has memory of its own. Otherwise those of one response are parts of one block, which takes less
   * time: an `embedding.buffer` is longer than its embedding, and is kept as long as one of them is. Copy the
   * few that you keep of many with `embedding.slice()`.
   *
   * @default false
   */
  readonly ownMemory?: boolean | undefined;
  /**
   * Counts the tokens of a text as the model does.
   *
   * @default the provider's own count, else an estimate
   */
  readonly countTokens?: ((text: string) => number) | undefined;
  /**
   * Limits what requests may cost: a `MoneyBudget` of `@llx/embeddings/costs`, which several models may share. When it is
   * spent, calls fail with its error before anything more is sent.
   *
   * @default no limit
   */
  readonly budget?: RequestBudget | undefined;
  /**
   * Stores embeddings, so that no text is paid for twice: any `Keyv`, a `Map`, or a store with options; `true` stores
   * them in memory, up to 128 MiB. Concurrent calls with the same text share one request.
   *
   * @default false
   */
  readonly cache?: boolean | CacheStore | CacheOptions | undefined;
  /**
   * Receives the events of all calls.
   *
   * @default the manager of the current trace
   */
  readonly callbackManager?: CallbackManager | undefined;
}
