import type { ObservedRates, RateLimits } from "@llx/async";
import type { AttemptOptions } from "../contract/embedding-provider.ts";
import type { RerankLimits } from "./rerank-limits.ts";
import type { RankedText, RerankTruncation, RerankUsage } from "./reranker.ts";

/** One request to a provider. */
export interface RerankRequest {
  readonly query: string;
  readonly texts: readonly string[];
  /** How many results to return: at most as many as there are texts; `undefined` for all. */
  readonly topN: number | undefined;
  /** Whether to cut a query or a text that is too long. */
  readonly truncate: boolean;
}

/** The response of a provider. The engine verifies and orders it, not the provider. */
export interface RerankResponse {
  /** In any order; `undefined` if the response has no list of them, which is refused. */
  readonly results: readonly RankedText[] | undefined;
  /** The whole parsed response: if it has no list of results, the error describes its form without its content. */
  readonly body?: unknown;
  /** As reported by the service; a value that is not a count counts as not reported. */
  readonly usage?: RerankUsage | undefined;
  readonly requestId?: string | undefined;
  /** The rate limits that the service reports. */
  readonly rateLimits?: ObservedRates | undefined;
}

/**
 * Everything that a provider of a reranker declares; the engine does retries, limits, checks, order, events and closing.
 * It reads the same properties of errors as for an `EmbeddingProvider`.
 */
export interface RerankProvider {
  /** Its name in events and messages. */
  readonly provider: string;
  readonly model: string;
  readonly limits: RerankLimits;
  /**
   * What it does with a text that is too long.
   *
   * @default "never"
   */
  readonly truncation?: RerankTruncation | undefined;
  /** How many requests, tokens and texts (`inputs`) may start per interval, according to the service's documents. */
  readonly rateLimits?: RateLimits | undefined;
  /** Counts the tokens of a text as the model does. */
  readonly countTokens?: ((text: string) => number) | undefined;
  /** Names of its options in addition to those of every reranker. Any other option is an error. */
  readonly options?: readonly string[] | undefined;
  /** Sends one request and reads the response, without retries. */
  rerank(request: RerankRequest, attempt: AttemptOptions): Promise<RerankResponse>;
  /** Frees the provider's resources. Called once, when no request is in flight. */
  aclose?(): Promise<void>;
}
