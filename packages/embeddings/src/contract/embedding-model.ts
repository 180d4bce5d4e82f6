import type { AsyncClosable, Progress, SettleOption } from "@llx/async";
import type { CallbackManager, Usage } from "@llx/callbacks";
import type { ElementType, EmbeddingOf } from "./element-type.ts";
import type { EmbeddingLimits } from "./embedding-limits.ts";
import type { Estimate, EstimateOptions } from "./estimate.ts";
import type { InputType } from "./input-type.ts";

export type { InputType } from "./input-type.ts";

/** What a provider supports beyond turning texts into vectors. */
export interface EmbeddingCapabilities {
  /** The numbers of dimensions that the model can have; empty if only the service knows them. Others are refused. */
  readonly dimensions: readonly number[];
  /** The most dimensions that the model can have, if it can have any number up to that; then `dimensions` is empty. */
  readonly maxDimensions?: number | undefined;
  /** The input types that make a difference; empty if all texts are embedded in the same way. */
  readonly inputTypes: readonly InputType[];
  readonly elementTypes: readonly ElementType[];
  /** How vectors can be transferred. */
  readonly wireFormats: readonly ("json" | "base64")[];
  /** Whether the provider can cut texts that are too long. */
  readonly truncation: boolean;
}

/** Options of every call: signal, time limit, callback manager. */
export interface EmbedOptions {
  /** Its abort stops the call, and its requests in flight. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds for the whole call, with all its requests and waits.
   *
   * @default no limit
   */
  readonly totalTimeout?: number | undefined;
  /**
   * Receives the events of this call.
   *
   * @default the model's own, else that of the current trace
   */
  readonly callbackManager?: CallbackManager | undefined;
}

/** Options of calls with many texts. */
export interface EmbedTextsOptions extends EmbedOptions {
  /**
   * What the texts are embedded for.
   *
   * @default "document"
   */
  readonly inputType?: InputType | undefined;
  /**
   * How many requests of this call may run at once.
   *
   * @default the workers of the model, which all its calls share
   */
  readonly workers?: number | undefined;
  /**
   * Only with `settle: true`: a request that fails because of its content (status 400, 413, 422 or 424, or a failure of
   * the service in all attempts) is halved, and so are the halves that fail, until the text that causes the failure is
   * isolated and the others have embeddings. For one text out of n that takes up to 2·log₂(n) more requests; after 20
   * failures in a row, the remaining texts have failed.
   *
   * @default true
   */
  readonly bisect?: boolean | undefined;
}

/** Options of `getTextEmbeddingBatch`. */
export interface EmbedBatchOptions extends EmbedTextsOptions {
  /**
   * `true` shows a progress bar on stderr that counts texts; or pass your own `Progress`.
   *
   * @default false
   */
  readonly showProgress?: boolean | Progress | undefined;
  /**
   * The label of the progress bar.
   *
   * @default the name of the provider: `"openai texts"`
   */
  readonly desc?: string | undefined;
}

/** Options of `streamTextEmbeddings`. */
export interface EmbedStreamOptions extends EmbedTextsOptions {
  /**
   * How many finished requests may wait to be read, in addition to those in flight.
   *
   * @default 8 × `workers`
   */
  readonly buffer?: number | undefined;
}

/** A text without an embedding, and why. */
export interface EmbeddingFailure {
  /** Its index among the texts of the call. */
  readonly index: number;
  readonly error: unknown;
}

/** What the provider reports about the requests of a call. */
interface BatchFacts {
  /** Tokens of all requests together; a number that a request does not report is `undefined`. */
  readonly usage: Usage | undefined;
  /** The model that served the requests, where the provider reports it. */
  readonly model: string | undefined;
  /** The provider's ids of the requests, where it reports them. */
  readonly requestIds: readonly string[];
  /** The texts that were cut before they were sent (`truncate: { tokens }`), by index. A provider that cuts does not tell. */
  readonly truncated: readonly number[];
}

/** Embeddings in the order of the texts, and what the provider reports about them. */
export interface EmbeddingBatch<E extends ElementType = "float"> extends BatchFacts {
  readonly embeddings: EmbeddingOf<E>[];
}

/** The result of each text. */
export interface SettledEmbeddingBatch<E extends ElementType = "float"> extends BatchFacts {
  /** In the order of the texts; `undefined` for those that failed. */
  readonly embeddings: (EmbeddingOf<E> | undefined)[];
  /** The texts that failed, by index; a second call can embed only these. */
  readonly failed: readonly EmbeddingFailure[];
}

/** A text of a stream, with its embedding. */
export interface EmbeddedText<E extends ElementType = "float"> {
  /** Index of the text in the stream, from 0. */
  readonly index: number;
  /** As it was embedded: cut, if it was too long and `truncate: { tokens }` is set. */
  readonly text: string;
  readonly embedding: EmbeddingOf<E>;
  readonly error?: undefined;
}

/** A text of a stream without an embedding, and why. */
export interface FailedText {
  readonly index: number;
  readonly text: string;
  readonly embedding?: undefined;
  readonly error: unknown;
}

/** How to close a model. */
export interface CloseOptions {
  /**
   * `true` aborts the open calls; otherwise they are awaited.
   *
   * @default false
   */
  readonly abort?: boolean | undefined;
}

/**
 * Turns texts into vectors. The same contract for every provider.
 *
 * @typeParam E the element type of its embeddings
 */
export interface EmbeddingModel<E extends ElementType = "float"> extends AsyncClosable {
  readonly provider: string;
  readonly model: string;
  readonly elementType: E;
  /** Numbers in an embedding, once known: at the latest after the first one. */
  readonly dimensions: number | undefined;
  readonly limits: EmbeddingLimits;
  /** Counts the tokens of a text as the model does; `undefined` if they are only estimated. */
  readonly countTokens: ((text: string) => number) | undefined;
  readonly capabilities: EmbeddingCapabilities;

  /**
   * Embeds one text as a document, to be found.
   *
   * @throws TypeError or RangeError for a text that cannot be sent; the error of its request, unwrapped
   */
  getTextEmbedding(text: string, options?: EmbedOptions): Promise<EmbeddingOf<E>>;

  /**
   * Embeds one query, to search texts with.
   *
   * @throws TypeError or RangeError for a query that cannot be sent; the error of its request, unwrapped
   */
  getQueryEmbedding(query: string, options?: EmbedOptions): Promise<EmbeddingOf<E>>;

  /**
   * Embeds texts, in as few requests as the limits allow, several at once. Equal texts are sent once, but each has a
   * vector of its own.
   *
   * @throws TypeError or RangeError with the index of a text that cannot be sent, before anything is sent; an
   *   `EmbeddingBatchError` with the embeddings so far and the texts without one, its `cause` the error of a request,
   *   or a `TimeoutError` after `totalTimeout`; the signal's reason, unless `settle` is set and requests have been sent:
   *   then it returns what it has, and the reason is the error of the other texts
   */
  getTextEmbeddingBatch(
    texts: readonly string[],
    options: EmbedBatchOptions & SettleOption,
  ): Promise<SettledEmbeddingBatch<E>>;
  getTextEmbeddingBatch(
    texts: readonly string[],
    options?: EmbedBatchOptions & { readonly settle?: false | undefined },
  ): Promise<EmbeddingBatch<E>>;

  /**
   * Embeds a stream of texts, which may be endless: texts are pulled when there is room, and results are in order.
   * Equal texts within a request are sent once. Nothing is sent before the first result is read.
   *
   * The first failure of a request stops the stream, after the results that are already available. Where the source
   * fails, or a text cannot be sent, the texts before it are embedded and yielded first. Leaving the loop early aborts
   * the requests in flight, and so does closing the model.
   *
   * @throws at once, for invalid arguments and a closed model; while reading: the error of the failed request; TypeError
   *   or RangeError with the index of a text that cannot be sent; the signal's reason; a `TimeoutError` after
   *   `totalTimeout`
   */
  streamTextEmbeddings(
    texts: Iterable<string> | AsyncIterable<string>,
    options: EmbedStreamOptions & SettleOption,
  ): AsyncGenerator<EmbeddedText<E> | FailedText, void, undefined>;
  streamTextEmbeddings(
    texts: Iterable<string> | AsyncIterable<string>,
    options?: EmbedStreamOptions & { readonly settle?: false | undefined },
  ): AsyncGenerator<EmbeddedText<E>, void, undefined>;

  /**
   * Estimates what a call with these texts would send, cost and take, without sending anything. The requests are those of
   * `getTextEmbeddingBatch` for an array, and those of `streamTextEmbeddings` otherwise: equal texts are left out, and so
   * are texts whose embeddings are in the cache, which is read for that. Of a stream, little is kept in memory.
   *
   * {@link Estimate.duration} says what the time rests on.
   *
   * @throws TypeError or RangeError for invalid options, and with the index of a text that cannot be sent, as the call;
   *   the signal's reason; the error of the source
   *
   * @example
   * ```ts
   * import { prices } from "@llx/embeddings/prices";
   * const { requests, tokens, cost, duration } = await model.estimate(["a text", "another"], { prices });
   * ```
   */
  estimate(
    texts: readonly string[] | Iterable<string> | AsyncIterable<string>,
    options?: EstimateOptions,
  ): Promise<Estimate>;

  /** Accepts no more calls, awaits the open ones (streams are aborted), and frees the model's resources. */
  aclose(options?: CloseOptions): Promise<void>;
}
