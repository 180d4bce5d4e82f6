import type { AsyncClosable } from "@llx/async";
import type { CloseOptions, EmbedOptions } from "../contract/embedding-model.ts";
import type { RerankLimits } from "./rerank-limits.ts";

/**
 * What a provider does with a text that is too long: it never cuts it (it refuses the request, or reads the text in
 * parts), it cuts it if a request allows that, or it always cuts it.
 */
export type RerankTruncation = "never" | "onRequest" | "always";

/** Options of one call. */
export interface RerankOptions extends EmbedOptions {
  /**
   * How many results to return at most.
   *
   * @default as many as there are texts
   */
  readonly topN?: number | undefined;
}

/** A text of the call, and how relevant it is. */
export interface RankedText {
  /** The index of the text in the call, from 0. */
  readonly index: number;
  /**
   * Higher is more relevant. It only orders the texts of one call: what a number means differs between services,
   * models and, for some, the other texts of the call.
   */
  readonly score: number;
}

/** What a call costs, as far as the service reports it. */
export interface RerankUsage {
  readonly inputTokens?: number | undefined;
  readonly totalTokens?: number | undefined;
  /** The unit that Cohere bills by. */
  readonly searchUnits?: number | undefined;
}

/** The result of one call. */
export interface Reranking {
  /** The most relevant text first; of equal scores, the text that was passed first. */
  readonly results: readonly RankedText[];
  /** `undefined` if the service reports none, or nothing was sent. */
  readonly usage: RerankUsage | undefined;
  /** The service's id of the request, where it reports one. */
  readonly requestId: string | undefined;
}

/** Orders texts by their relevance to a query, with a model that reads both together. The same contract for every provider. */
export interface Reranker extends AsyncClosable {
  readonly provider: string;
  readonly model: string;
  readonly limits: RerankLimits;
  readonly truncation: RerankTruncation;

  /**
   * Orders texts by their relevance to a query, in one request. Equal texts are ranked one by one, as others are.
   * Without texts, there are no results and no request.
   *
   * @throws TypeError or RangeError for a query or a text that cannot be sent, with its index, and for more texts than the
   *   service takes, before anything is sent; the error of the request; the signal's reason; a `TimeoutError` after
   *   `totalTimeout`
   */
  rerank(query: string, texts: readonly string[], options?: RerankOptions): Promise<Reranking>;

  /** Accepts no more calls, awaits the open ones, and frees the resources. */
  aclose(options?: CloseOptions): Promise<void>;
}
