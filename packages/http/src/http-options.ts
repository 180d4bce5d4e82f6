import type { Buffer } from "node:buffer";
import type { Dispatcher } from "undici";
import type { ReadError } from "./error-words.ts";

/** Headers by name: an object, a `Headers`, a `Map`, or a list of pairs. */
export type HeadersGiven =
  | Readonly<Record<string, string>>
  | Iterable<readonly [name: string, value: string]>;

/** What all requests of a client have in common: headers, pool, proxy, time-out, how errors are read. */
export interface HttpClientOptions {
  /** Names the service in messages. */
  readonly provider: string;
  /** Sent with each request. Nothing of it is ever shown. */
  readonly headers?: HeadersGiven | undefined;
  /**
   * An undici dispatcher of your own; it is not closed with the client. Default: a pool of the client's own.
   */
  readonly dispatcher?: Dispatcher | undefined;
  /**
   * The proxy of the client's own pool: an http or https URL, a user name and password included. Default:
   * those of the environment (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`), if any.
   */
  readonly proxy?: string | URL | undefined;
  /**
   * Speaks HTTP/2 where the server has it, also through a dispatcher that is an agent. Default false: Node.js
   * (seen in 20 and 26) may hang for ever when a request over HTTP/2 is aborted or times out before all of
   * its body is sent.
   */
  readonly http2?: boolean | undefined;
  /** Milliseconds for one request, its answer's body included; `Infinity` for no limit. Default 60,000. */
  readonly timeout?: number | undefined;
  /**
   * The most bytes of an answer that is read as a whole, counted when it is unpacked; `Infinity` for no limit. Default
   * 268,435,456 (256 MiB).
   */
  readonly maxBytes?: number | undefined;
  /**
   * How many milliseconds before a server's `keep-alive: timeout` is over an idle connection is given up, in the
   * client's own pool. Default 2,000, as undici has it: where a server keeps connections for 2 seconds or less, each
   * request gets a new one. Less than 500 risks requests on connections that the server is just closing.
   */
  readonly keepAliveTimeoutThreshold?: number | undefined;
  /** Reads the service's own words out of the body of an error: of its JSON, or its text where it is none. */
  readonly readError?: ReadError | undefined;
}

/** The options of one request. */
export interface PostOptions {
  /** Its abort ends the request at once. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for this request, instead of the client's. */
  readonly timeout?: number | undefined;
  /** The most bytes of this answer, instead of the client's. Without it, `stream()` has no limit. */
  readonly maxBytes?: number | undefined;
  /** Sent with this request, beside the client's or instead of them. Nothing of it is ever shown. */
  readonly headers?: HeadersGiven | undefined;
  /** Which attempt this is, from 1: told in errors. */
  readonly attempt?: number | undefined;
}

/** The options of one request whose answer is JSON. */
export interface JsonPostOptions extends PostOptions {
  /**
   * Reads the body of a good answer; where it throws, the answer counts as malformed. Default `JSON.parse`.
   * For bodies that something else can read faster. The bytes are used again for the next answer: what is to stay
   * has to be copied.
   */
  readonly parse?: ((body: Buffer) => unknown) | undefined;
}
