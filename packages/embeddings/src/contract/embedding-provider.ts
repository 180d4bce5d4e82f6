import type { ObservedRates, RateLimits } from "@llx/async";
import type { Usage } from "@llx/callbacks";
import type { AnyEmbedding, ElementType } from "./element-type.ts";
import type { EmbeddingLimits } from "./embedding-limits.ts";
import type { EmbeddingCapabilities, InputType } from "./embedding-model.ts";

/** One request to a provider. */
export interface EmbeddingRequest {
  readonly texts: readonly string[];
  readonly inputType: InputType;
  /** Whether a text that is too long is to be cut; `true` only where the provider declares `truncation`. */
  readonly truncate: boolean;
}

/** What goes with a request. `HttpClient.postJson` of `@llx/http` takes it as it is. */
export interface AttemptOptions {
  /** To be heeded: its abort ends the attempt, also after `timeout`. */
  readonly signal: AbortSignal;
  /** Which attempt this is, from 1. */
  readonly attempt: number;
  /** Milliseconds for the attempt, its answer's body included. */
  readonly timeout: number;
  /** Bytes that no answer to the request needs, unpacked: a longer one is to be refused before all of it has come. */
  readonly maxBytes?: number | undefined;
}

/** One embedding of an answer. */
export interface AnsweredEmbedding {
  /**
   * The place of its text in the request, from 0; a number, or a string of its digits. Where the service leaves it out,
   * the order tells; what is in doubt is refused.
   */
  readonly index?: number | string | undefined;
  /** The numbers; or the bytes of a little-endian array of the element type, as they are or as base64. */
  readonly embedding: readonly number[] | AnyEmbedding | ArrayBuffer | string;
}

/** What a provider answers. It is verified by the engine, not by the provider. */
export interface EmbeddingResponse {
  /** One for each text, in any order; `undefined` where the answer has no list of them, which is refused. */
  readonly embeddings: readonly AnsweredEmbedding[] | undefined;
  /** The whole answer, parsed: where there is no list of embeddings, the error tells its form, and nothing of what is in it. */
  readonly body?: unknown;
  /** As the service tells it; what is no number of tokens counts as not told. */
  readonly usage?: Usage | undefined;
  /** The model that has served the request. */
  readonly model?: string | undefined;
  readonly requestId?: string | undefined;
  /** What the service told of its rate limits. */
  readonly rateLimits?: ObservedRates | undefined;
}

/**
 * All that a provider has to say; batching, order, retries, limits, checks, events and closing are the engine's.
 * Of the errors it throws, the engine reads `retryable` (boolean; default: yes), `refused` (boolean: the service has too
 * much to do; default: by the `status`), `retryAfter` (milliseconds), `limitInterval` (milliseconds: the window that the
 * service's limit is of) and `rateLimits`, as those of `@llx/http` have them.
 */
export interface EmbeddingProvider<E extends ElementType = "float"> {
  /** Names it in events and messages. */
  readonly provider: string;
  readonly model: string;
  /** What the numbers of the answers are. Default `"float"`. */
  readonly elementType?: E | undefined;
  /** Numbers in an embedding, where that is known; each answer is checked against it. */
  readonly dimensions?: number | undefined;
  readonly limits: EmbeddingLimits;
  /** Whatever else the vectors depend on, such as the address and options: part of the key in a cache. */
  readonly variant?: string | undefined;
  /** What is left out is not there; but floats and JSON are. */
  readonly capabilities?: Partial<EmbeddingCapabilities> | undefined;
  /** What may start in a time, by the service's documents. */
  readonly rateLimits?: RateLimits | undefined;
  /** Counts the tokens of a text as the model does. */
  readonly countTokens?: ((text: string) => number) | undefined;
  /**
   * Names of the options that it has beside those of every model: with any other name, an option is an error. What is
   * passed over in silence, nobody would miss before the vectors are wrong.
   */
  readonly options?: readonly string[] | undefined;
  /** Sends one request and reads its answer, once. */
  embed(request: EmbeddingRequest, attempt: AttemptOptions): Promise<EmbeddingResponse>;
  /** Frees what the provider holds. Called once, when no request is under way any more. */
  aclose?(): Promise<void>;
}
