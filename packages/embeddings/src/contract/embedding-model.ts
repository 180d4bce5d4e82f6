import type { AsyncClosable, Progress, SettleOption } from "@llx/async";
import type { CallbackManager, Usage } from "@llx/callbacks";
import type { ElementType, EmbeddingOf } from "./element-type.ts";
import type { EmbeddingLimits } from "./embedding-limits.ts";

/**
 * What a text is embedded for: to be found (`"document"`), to find (`"query"`), to be sorted into known classes, or
 * into groups. Every model takes the first two, whether it tells them apart or not.
 */
export type InputType = "document" | "query" | "classification" | "clustering";

/** What a provider can do beyond turning texts into vectors. */
export interface EmbeddingCapabilities {
  /** The numbers of dimensions one can ask for; empty where there is no choice. */
  readonly dimensions: readonly number[];
  /** The input types that make a difference; empty where all texts are embedded alike. */
  readonly inputTypes: readonly InputType[];
  readonly elementTypes: readonly ElementType[];
  /** How vectors can come over the wire. */
  readonly wireFormats: readonly ("json" | "base64")[];
  /** Whether the provider cuts texts that are too long, where asked to. */
  readonly truncation: boolean;
}

/** What every call of a model takes: abort, time limit, manager. */
export interface EmbedOptions {
  /** Its abort stops the call, and the requests that are under way. */
  readonly signal?: AbortSignal | undefined;
  /** How long the whole call may take, in milliseconds, with all its requests and waits. Default: no limit. */
  readonly totalTimeout?: number | undefined;
  /** Is told of the events of this call. Default: the model's own, else that of the current trace. */
  readonly callbackManager?: CallbackManager | undefined;
}

/** What a call with many texts takes: what for, and how many requests at once. */
export interface EmbedTextsOptions extends EmbedOptions {
  /** What the texts are embedded for. Default `"document"`. */
  readonly inputType?: InputType | undefined;
  /** Requests at once of this call. Default: those of the model, which all its calls share. */
  readonly workers?: number | undefined;
  /**
   * Only with `settle: true`: a request that fails for what is in it (status 400, 413, 422 or 424, or a failure of the
   * service that lasts for all attempts) is halved, and so are the halves that fail, until the text that it fails for
   * stands alone and the others have embeddings. For one text out of n that takes up to 2·log₂(n) more requests; after
   * 20 with no success between them, what is left has failed. Default `true`.
   */
  readonly bisect?: boolean | undefined;
}

/** What a call of `getTextEmbeddingBatch` takes beside the options of all calls. */
export interface EmbedBatchOptions extends EmbedTextsOptions {
  /** `true` shows a bar on stderr that counts requests; or give a `Progress` of your own. */
  readonly showProgress?: boolean | Progress | undefined;
}

/** What a call of `streamTextEmbeddings` takes beside the options of all calls. */
export interface EmbedStreamOptions extends EmbedTextsOptions {
  /** How many answered requests may wait to be taken, beside those under way. Default 8 × `workers`. */
  readonly buffer?: number | undefined;
}

/** A text that has no embedding, and why. */
export interface EmbeddingFailure {
  /** Its place among the texts of the call. */
  readonly index: number;
  readonly error: unknown;
}

/** What the provider said about the requests of a call. */
interface BatchFacts {
  /** Tokens of all requests together; `undefined` where a request did not tell. */
  readonly usage: Usage | undefined;
  /** The model that served the requests, where the provider tells. */
  readonly model: string | undefined;
  /** The provider's ids of the requests, where it tells. */
  readonly requestIds: readonly string[];
}

/** Embeddings in the order of the texts, and what the provider said about them. */
export interface EmbeddingBatch<E extends ElementType = "float"> extends BatchFacts {
  readonly embeddings: EmbeddingOf<E>[];
}

/** What became of each text. */
export interface SettledEmbeddingBatch<E extends ElementType = "float"> extends BatchFacts {
  /** In the order of the texts; `undefined` for those that failed. */
  readonly embeddings: (EmbeddingOf<E> | undefined)[];
  /** The texts that failed, by index; a second call can be made with just these. */
  readonly failed: readonly EmbeddingFailure[];
}

/** A text of a stream, with its embedding. */
export interface EmbeddedText<E extends ElementType = "float"> {
  /** Place of the text in the stream, from 0. */
  readonly index: number;
  readonly text: string;
  readonly embedding: EmbeddingOf<E>;
  readonly error?: undefined;
}

/** A text of a stream that has no embedding, and why. */
export interface FailedText {
  readonly index: number;
  readonly text: string;
  readonly embedding?: undefined;
  readonly error: unknown;
}

/** Whether closing waits for what is under way. */
export interface CloseOptions {
  /** `true` aborts what is under way. Default: it is waited for. */
  readonly abort?: boolean | undefined;
}

/**
 * Turns texts into vectors. The same contract for every provider.
 *
 * @typeParam E what the numbers of its embeddings are
 */
export interface EmbeddingModel<E extends ElementType = "float"> extends AsyncClosable {
  readonly provider: string;
  readonly model: string;
  readonly elementType: E;
  /** Numbers in an embedding, where that is known; at the latest after the first one. */
  readonly dimensions: number | undefined;
  readonly limits: EmbeddingLimits;
  readonly capabilities: EmbeddingCapabilities;

  /** Embeds one text, to be found. Fails with the very error of its request. */
  getTextEmbedding(text: string, options?: EmbedOptions): Promise<EmbeddingOf<E>>;

  /** Embeds one question, to find texts with. Fails with the very error of its request. */
  getQueryEmbedding(query: string, options?: EmbedOptions): Promise<EmbeddingOf<E>>;

  /**
   * Embeds texts, in as few requests as the limits allow, several at once. Equal texts are sent once; each has a
   * vector of its own all the same.
   *
   * @throws TypeError or RangeError that names the index of a text that cannot be sent, before anything is; an
   *   `EmbeddingBatchError` that holds what was embedded and which texts were not, its `cause` the error of a request,
   *   or a `TimeoutError` after `totalTimeout`; the signal's reason
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
   * Embeds texts without end: pulled as there is room for them, handed out in order. Equal texts within a request
   * are sent once. Nothing is sent before the first result is asked for.
   *
   * The first failure of a request stops the stream; the answers before it are handed out as far as they are there.
   * Where the source fails, or a text cannot be sent, what came before is embedded and handed out first. Leaving the
   * loop early aborts what is under way, and so does closing the model.
   *
   * @throws at once, for bad arguments and where the model is closed; else when it is read: the error of the request
   *   that failed; TypeError or RangeError with the index of a text that cannot be sent; the signal's reason; a
   *   `TimeoutError` after `totalTimeout`
   */
  streamTextEmbeddings(
    texts: Iterable<string> | AsyncIterable<string>,
    options: EmbedStreamOptions & SettleOption,
  ): AsyncGenerator<EmbeddedText<E> | FailedText, void, undefined>;
  streamTextEmbeddings(
    texts: Iterable<string> | AsyncIterable<string>,
    options?: EmbedStreamOptions & { readonly settle?: false | undefined },
  ): AsyncGenerator<EmbeddedText<E>, void, undefined>;

  /** Takes no more calls, lets those under way end (streams are ended), and frees what the model holds. */
  aclose(options?: CloseOptions): Promise<void>;
}
