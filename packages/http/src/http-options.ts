import type { Buffer } from "node:buffer";
import type { ObservedRates } from "@llx/async";
import type { Dispatcher } from "undici";

/** Headers by name: an object, a `Headers` object, a `Map`, or a list of pairs. */
export type HeadersGiven =
  | Readonly<Record<string, string>>
  | Iterable<readonly [name: string, value: string]>;

/** Reads a service's own message from the body of an error: from its JSON, or its text where it is not JSON. */
export type ReadError = (body: unknown) => string | undefined;

/** Reads from the body of an error how long the service asks to wait, in milliseconds. */
export type ReadRetryAfter = (body: unknown) => number | undefined;

/** Reads from the headers of a response, whose names are not case-sensitive, what is left of the service's rate limits. */
export type ReadRateLimits = (header: (name: string) => string | undefined) => ObservedRates | undefined;

/** A request as it is about to be sent. */
export interface RequestToSign {
  readonly method: "POST" | "GET" | "DELETE";
  readonly url: string;
  /** By lower-case name, without those that the connection sets, such as `host`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body, which is sent in UTF-8; empty if there is none, and for a file that is uploaded piece by piece. */
  readonly body: string;
}

/** Makes headers that depend on the request, such as its signature. They replace others of the same name. */
export type SignRequest = (request: RequestToSign) => HeadersGiven | PromiseLike<HeadersGiven>;

/** What all requests of a client share: headers, pool, proxy, time-out, how errors are read. */
export interface HttpClientOptions {
  /** The name of the service in error messages. */
  readonly provider: string;
  /** Sent with each request. Error messages never show them. */
  readonly headers?: HeadersGiven | undefined;
  /**
   * Makes more headers for each request, once all of it is known: a signature of its body, or a key that is renewed.
   * Its time counts towards the request's `timeout`. What it throws is the error of the request.
   */
  readonly sign?: SignRequest | undefined;
  /**
   * Your own undici dispatcher; it is not closed with the client.
   *
   * @default a pool of the client
   */
  readonly dispatcher?: Dispatcher | undefined;
  /**
   * The proxy of the client's own pool: an http or https URL, which may contain a user name and password.
   *
   * @default those of the environment (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`), if any
   */
  readonly proxy?: string | URL | undefined;
  /**
   * Uses HTTP/2 where the server supports it, also with your own dispatcher if it is an agent. Off by default, as
   * Node.js (seen in 20 and 26) may hang forever when a request over HTTP/2 is aborted or times out before its whole
   * body is sent.
   *
   * @default false
   */
  readonly http2?: boolean | undefined;
  /**
   * The time limit of one request in milliseconds, the body of the response included; `Infinity` for none.
   *
   * @default 60_000
   */
  readonly timeout?: number | undefined;
  /**
   * The maximum size of a response that is read as a whole, in bytes after decompression; `Infinity` for no limit.
   *
   * @default 268_435_456 (256 MiB)
   */
  readonly maxBytes?: number | undefined;
  /**
   * How many milliseconds before the end of a server's `keep-alive: timeout` the client's own pool gives up an idle
   * connection. With undici's default, each request gets a new connection where a server keeps them for 2 seconds or
   * less. Less than 500 risks requests on connections that the server is closing.
   *
   * @default 2_000
   */
  readonly keepAliveTimeoutThreshold?: number | undefined;
  /** Reads the service's own message from the body of an error: from its JSON, or its text where it is not JSON. */
  readonly readError?: ReadError | undefined;
  /**
   * Reads from the body of an error how long the service asks to wait, in milliseconds. It is not needed for the header `retry-after`,
   * which comes first, nor for Google's `retryDelay` and messages such as "try again in 7 s".
   */
  readonly readRetryAfter?: ReadRetryAfter | undefined;
  /**
   * Reads from the headers of any response what is left of the service's rate limits, where it has headers of its own for them, as in
   * `(header) => ({ requests: { remaining: Number(header("x-left")), reset: Number(header("x-reset-ms")) } })`: `reset` is in
   * milliseconds from now.
   *
   * @default `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, or as Mistral names them
   */
  readonly readRateLimits?: ReadRateLimits | undefined;
  /**
   * The header in which the service returns its id of the request, in any case.
   *
   * @default `x-request-id`, otherwise `request-id` or `x-amzn-requestid`
   */
  readonly requestIdHeader?: string | undefined;
}

/** The options of one request. */
export interface PostOptions {
  /** Aborting it ends the request at once. */
  readonly signal?: AbortSignal | undefined;
  /** The time limit of this request in milliseconds, instead of the client's. */
  readonly timeout?: number | undefined;
  /** The maximum size of this response in bytes, instead of the client's. Without it, `stream()` has no limit. */
  readonly maxBytes?: number | undefined;
  /** Sent with this request, in addition to the client's; those of the same name replace them. */
  readonly headers?: HeadersGiven | undefined;
  /** Which attempt this is, from 1; errors contain it. */
  readonly attempt?: number | undefined;
}

/** The options of one request whose response is JSON. */
export interface JsonPostOptions extends PostOptions {
  /**
   * Parses the body of a successful response, for formats that something else reads faster than `JSON.parse`. Where it
   * throws, the response counts as malformed. The memory of the bytes is reused for the next response: copy what you
   * keep.
   *
   * @default JSON.parse
   */
  readonly parse?: ((body: Buffer) => unknown) | undefined;
}
