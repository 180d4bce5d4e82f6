import type { ObservedRates, RateLimits } from "@llx/async";
import type { Usage } from "@llx/callbacks";
import type { AnyEmbedding, ElementType } from "./element-type.ts";
import type { EmbeddingLimits } from "./embedding-limits.ts";
import type { EmbeddingCapabilities, InputType } from "./embedding-model.ts";

/** One request to a provider. */
export interface EmbeddingRequest {
  readonly texts: readonly string[];
  readonly inputType: InputType;
  /** Whether to cut a text that is too long; `true` only where the provider declares `truncation`. */
  readonly truncate: boolean;
}

/** Options of one attempt. `HttpClient.postJson` of `@llx/http` accepts them as they are. */
export interface AttemptOptions {
  /** Its abort must end the attempt. It is also aborted if the attempt ignores `timeout`. */
  readonly signal: AbortSignal;
  /** Which attempt this is, from 1. */
  readonly attempt: number;
  /** Milliseconds for the attempt, including the body of the response. */
  readonly timeout: number;
  /** Maximum bytes of a decompressed response; a longer one must be refused before all of it is received. */
  readonly maxBytes?: number | undefined;
}

/** One embedding of a response. */
export interface AnsweredEmbedding {
  /**
   * The index of its text in the request, from 0: a number, or a string of digits. If the service omits it, the
   * order decides; an ambiguous response is refused.
   */
  readonly index?: number | string | undefined;
  /** The numbers; or the bytes of a little-endian array of the element type, raw or in base64. Not copied. */
  readonly embedding: readonly number[] | AnyEmbedding | ArrayBuffer | DataView | string;
}

/** The response of a provider. The engine verifies it, not the provider. */
export interface EmbeddingResponse {
  /** One for each text, in any order; `undefined` if the response has no list of them, which is refused. */
  readonly embeddings: readonly AnsweredEmbedding[] | undefined;
  /** The whole parsed response: if it has no list of embeddings, the error describes its form without its content. */
  readonly body?: unknown;
  /** As reported by the service; a value that is not a number of tokens counts as not reported. */
  readonly usage?: Usage | undefined;
  /** The model that served the request. */
  readonly model?: string | undefined;
  readonly requestId?: string | undefined;
  /** The rate limits that the service reports. */
  readonly rateLimits?: ObservedRates | undefined;
}

/**
 * Everything that a provider declares; the engine does batching, order, retries, limits, checks, events and closing.
 * Of the errors it throws, the engine reads `retryable` (boolean; default: `true`), `refused` (boolean: the service is
 * overloaded; default: by the `status`), `retryAfter` (milliseconds), `limitInterval` (milliseconds: the window of the
 * service's limit) and `rateLimits`, as on the errors of `@llx/http`.
 */
export interface EmbeddingProvider<E extends ElementType = "float"> {
  /** Its name in events and messages. */
  readonly provider: string;
  readonly model: string;
  /**
   * The element type of its embeddings.
   *
   * @default "float"
   */
  readonly elementType?: E | undefined;
  /** Numbers in an embedding, if known; each response is checked against it. */
  readonly dimensions?: number | undefined;
  /** How its embeddings are transferred: one of its `wireFormats`, for a provider with an option `encoding`. */
  readonly encoding?: "json" | "base64" | undefined;
  readonly limits: EmbeddingLimits;
  /** Anything else that the vectors depend on, such as the address and options: part of the keys of a cache. */
  readonly variant?: string | undefined;
  /** Absent capabilities count as unsupported, except for floats and JSON. */
  readonly capabilities?: Partial<EmbeddingCapabilities> | undefined;
  /** How many requests, tokens and texts (`inputs`) may start per interval, according to the service's documents. */
  readonly rateLimits?: RateLimits | undefined;
  /** Counts the tokens of a text as the model does. */
  readonly countTokens?: ((text: string) => number) | undefined;
  /**
   * Names of its options in addition to those of every model. Any other option is an error: if it were ignored, only
   * wrong vectors would show it.
   */
  readonly options?: readonly string[] | undefined;
  /** Sends one request and reads the response, without retries. */
  embed(request: EmbeddingRequest, attempt: AttemptOptions): Promise<EmbeddingResponse>;
  /** Frees the provider's resources. Called once, when no request is in flight. */
  aclose?(): Promise<void>;
}
