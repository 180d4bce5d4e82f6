import type { AdaptiveLimiter, RateLimiter, RateLimits, RetryOptions, Semaphore } from "@llx/async";
import type { CallbackManager } from "@llx/callbacks";
import type { CacheOptions, CacheStore } from "./cache-options.ts";

/** Options that every provider has, with the same meaning. */
export interface EmbeddingModelOptions {
  /**
   * Requests at once, of all calls together: a number; or a `Semaphore` or an `AdaptiveLimiter` that several models
   * share. Default: 4 where the provider declares its rate limits, else an `AdaptiveLimiter` that begins with 4.
   */
  readonly workers?: number | Semaphore | AdaptiveLimiter | undefined;
  /** How failed requests are tried again. Default: 3 attempts; `{ attempts: 1 }` tries once. */
  readonly retry?: RetryOptions | undefined;
  /**
   * How many requests and tokens may start in a time; or a `RateLimiter` that several models share. Default: what
   * the provider declares. What the service tells in its answers, and shows by refusals, counts too; with `false`, none
   * of it does.
   */
  readonly rate?: RateLimits | RateLimiter | false | undefined;
  /** Milliseconds for one attempt, its answer's body included. Default 60,000. */
  readonly timeout?: number | undefined;
  /**
   * The most bytes that an answer may have, once unpacked. Default: what the embeddings of the texts that are asked for
   * can take as JSON, with room. For providers that send requests.
   */
  readonly maxBytes?: number | undefined;
  /**
   * `true`: the provider cuts texts that are too long, where it can. Default: a text over a limit is an error, as
   * what is cut off is lost silently.
   */
  readonly truncate?: boolean | undefined;
  /** Counts the tokens of a text as the model does. Default: the provider's own count, else an estimate. */
  readonly countTokens?: ((text: string) => number) | undefined;
  /**
   * Keeps embeddings, so that no text is paid for twice: any `Keyv`, a `Map`, or a store with options; `true` keeps
   * them in memory, up to 128 MiB. Calls that want the same text at the same time share one request. Default: none.
   */
  readonly cache?: boolean | CacheStore | CacheOptions | undefined;
  /** Is told of the events of all calls. Default: the manager of the current trace. */
  readonly callbackManager?: CallbackManager | undefined;
}
