import { type AsyncClosable, Closing } from "@llx/async";
import { checkBoolean, checkNames, checkSignal, describeKind, type NamesOf } from "@llx/support";
import type { Dispatcher } from "undici";
import { checkAttempt, checkKeepAliveThreshold, checkMaxBytes, checkTimeout } from "./checks.ts";
import { chunkStream } from "./chunk-stream.ts";
import { Exchange } from "./exchange.ts";
import type {
  HttpClientOptions,
  JsonPostOptions,
  PostOptions,
  ReadError,
  ReadRateLimits,
  ReadRetryAfter,
  RequestToSign,
  SignRequest,
} from "./http-options.ts";
import { InFlightRequests } from "./in-flight-requests.ts";
import { ownDispatcher } from "./own-dispatcher.ts";
import { OwnPool } from "./own-pool.ts";
import { checkHeaderName, readHeaders } from "./read-headers.ts";
import { readJson } from "./read-json.ts";
import type { RequestWatch } from "./request-watch.ts";
import type { BytesResponse, JsonResponse, StreamResponse } from "./response.ts";
import { ClientSecrets } from "./secrets.ts";
import { checkUrl } from "./settings.ts";
import { toJson } from "./to-json.ts";
import { BodyJoiner, bytesOf, readChunks } from "./whole-body.ts";

/** More than the largest response of an embeddings service. */
const defaultMaxBytes = 256 * 1024 * 1024;

const clientNames: NamesOf<HttpClientOptions> = {
  provider: true,
  headers: true,
  sign: true,
  dispatcher: true,
  proxy: true,
  http2: true,
  timeout: true,
  maxBytes: true,
  keepAliveTimeoutThreshold: true,
  readError: true,
  readRetryAfter: true,
  readRateLimits: true,
  requestIdHeader: true,
};
/** A kind of request. */
export interface RequestKind {
  readonly method: RequestToSign["method"];
  /** Headers that are sent unless the caller sets them, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The names of its options. */
  readonly names: Readonly<Record<string, true>>;
  /** The maximum size of its response, unless the caller sets it. Default: the client's. */
  readonly maxBytes?: number | undefined;
}

const jsonPost: RequestKind = {
  method: "POST",
  headers: { "content-type": "application/json" },
  names: {
    signal: true,
    timeout: true,
    maxBytes: true,
    headers: true,
    attempt: true,
    parse: true,
  } satisfies NamesOf<JsonPostOptions>,
};

/** A caller that reads chunk by chunk can count. */
const streamedPost: RequestKind = { ...jsonPost, maxBytes: Number.POSITIVE_INFINITY };

type Send = <T>(
  client: HttpClient,
  accept: string,
  url: string,
  options: PostOptions | undefined,
  read: (exchange: Exchange, watch: RequestWatch) => Promise<T>,
  kind: RequestKind,
) => Promise<T>;

/** Sends a request of another kind, without JSON: for the clients of this package. */
export let send: Send;

/** Posts JSON to one service, over its own pool of connections that are kept alive between requests. */
export class HttpClient implements AsyncClosable {
  static {
    send = (client, accept, url, options, read, kind) =>
      client.#send(accept, url, undefined, options, read, kind);
  }

  readonly #provider: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeout: number;
  readonly #maxBytes: number;
  readonly #readError: ReadError | undefined;
  readonly #readRetryAfter: ReadRetryAfter | undefined;
  readonly #readRateLimits: ReadRateLimits | undefined;
  readonly #requestIdHeader: string | undefined;
  readonly #sign: SignRequest | undefined;
  /** The caller's dispatcher, or the client's own. */
  readonly #dispatcher: Dispatcher | OwnPool;
  readonly #http2: boolean;
  readonly #secrets: ClientSecrets;
  readonly #responded = new Set<string>();
  readonly #joiner = new BodyJoiner();
  readonly #inFlight = new InFlightRequests();
  readonly #closing: Closing;

  /** @throws TypeError or RangeError for invalid options, without showing what may be secret */
  constructor(options: HttpClientOptions) {
    checkNames(options, clientNames);
    const { provider, headers, dispatcher, proxy, http2 = false, requestIdHeader } = options;
    const { readError, readRetryAfter, readRateLimits, sign } = options;
    const { timeout = 60_000, maxBytes = defaultMaxBytes, keepAliveTimeoutThreshold } = options;
    if (typeof provider !== "string" || provider.trim() === "") {
      throw new TypeError(`provider must be the service's name, not ${describeKind(provider)}`);
    }
    checkTimeout(timeout);
    checkMaxBytes(maxBytes);
    checkKeepAliveThreshold(keepAliveTimeoutThreshold);
    checkHeaderName("requestIdHeader", requestIdHeader);
    checkBoolean("http2", http2);
    for (const [name, value] of Object.entries({ readError, readRetryAfter, readRateLimits, sign })) {
      if (value !== undefined && typeof value !== "function")
        throw new TypeError(`${name} must be a function, not ${describeKind(value)}`);
    }
    if (dispatcher !== undefined && typeof dispatcher?.request !== "function") {
      throw new TypeError(`dispatcher must be an undici dispatcher, not ${describeKind(dispatcher)}`);
    }
    if (dispatcher !== undefined && proxy !== undefined) {
      throw new TypeError("pass a dispatcher or a proxy, not both: the dispatcher has its own proxy");
    }
    if (dispatcher !== undefined && keepAliveTimeoutThreshold !== undefined) {
      throw new TypeError(
        "pass a dispatcher or keepAliveTimeoutThreshold, not both: the dispatcher has an option of that name",
      );
    }
    this.#provider = provider;
    this.#headers = readHeaders(headers);
    this.#timeout = timeout;
    this.#maxBytes = maxBytes;
    this.#readError = readError;
    this.#readRetryAfter = readRetryAfter;
    this.#readRateLimits = readRateLimits;
    this.#requestIdHeader = requestIdHeader;
    this.#sign = sign;
    this.#http2 = http2;
    const own = dispatcher === undefined ? ownDispatcher(proxy, keepAliveTimeoutThreshold) : undefined;
    const pool = own && new OwnPool(own.open);
    this.#dispatcher = pool ?? dispatcher!;
    this.#secrets = new ClientSecrets(own?.secrets ?? []);
    this.#closing = new Closing(`the ${provider} client`, async () => {
      await this.#inFlight.idle();
      // It has no requests. Its close() would also wait for connections that are not needed.
      await pool?.destroy();
    });
  }

  get closed(): boolean {
    return this.#closing.closed;
  }

  /**
   * Waits for the requests in flight, streams included, then closes the connections. With `abort`, which may follow a
   * call without, the requests end at once with an `Error` whose `retryable` is false.
   */
  aclose(options: { readonly abort?: boolean | undefined } = {}): Promise<void> {
    checkNames(options, { abort: true });
    const closed = this.#closing.aclose();
    if (options.abort === true) {
      this.#inFlight.endAll(() => this.#closedError("was closed while the request was in flight"));
    }
    return closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }

  /**
   * Sends one POST and reads the response as JSON.
   *
   * @throws ApiError for a request that fails; the signal's reason, when it is aborted; TypeError or RangeError for
   *   invalid arguments; Error after `aclose()`
   */
  postJson(url: string, body: unknown, options?: JsonPostOptions): Promise<JsonResponse> {
    return this.#send("application/json", url, body, options, (exchange, watch) =>
      readJson(exchange, watch, this.#joiner, options?.parse),
    );
  }

  /** Like {@link postJson}, but returns the body of the response as bytes. */
  postBytes(url: string, body: unknown, options?: PostOptions): Promise<BytesResponse> {
    return this.#send("*/*", url, body, options, async (exchange, watch) => {
      const response = await exchange.send();
      const chunks = await exchange.untilEnded(readChunks(response.body, response.limit));
      watch.finish();
      return { ...response.head, bytes: bytesOf(chunks) };
    });
  }

  /**
   * Sends one POST and resolves when the headers of the response have arrived. `timeout` limits the time to the headers
   * (of an error: its body included), and then each wait for the next chunk.
   *
   * The stream fails with a ConnectionError if the response breaks off, with an ApiTimeoutError if the next chunk
   * does not arrive in time, and with the signal's reason when it is aborted. Cancelling it ends the request. Its size
   * is limited only by the `maxBytes` of the request.
   *
   * @throws like {@link postJson}
   */
  stream(url: string, body: unknown, options?: PostOptions): Promise<StreamResponse> {
    return this.#send("*/*", url, body, options, openStream, streamedPost);
  }

  /** Validates the arguments, and turns what `read` throws into the error to throw. `read` finishes the watch. */
  async #send<T>(
    accept: string,
    url: string,
    body: unknown,
    options: PostOptions = {},
    read: (exchange: Exchange, watch: RequestWatch) => Promise<T>,
    { method, headers, names, maxBytes: most = this.#maxBytes }: RequestKind = jsonPost,
  ): Promise<T> {
    if (this.closed) throw this.#closedError("is closed; make a new one");
    checkNames(options, names);
    const { signal, timeout = this.#timeout, maxBytes = most, attempt } = options;
    checkSignal(signal);
    checkTimeout(timeout);
    checkMaxBytes(maxBytes);
    checkAttempt(attempt);
    const pool = this.#dispatcher instanceof OwnPool ? this.#dispatcher : undefined;
    const validated = {
      provider: this.#provider,
      dispatcher: async () => (await pool?.current()) ?? (this.#dispatcher as Dispatcher),
      isOwn: pool !== undefined,
      // A connection over HTTP/2 outlives its requests, even if it is dead or stalled: then each of them would time out.
      onTimeout: (used: Dispatcher) => void (this.#http2 && pool?.retire(used)),
      http2: this.#http2,
      url: new URL(checkUrl(this.#provider, url)),
      headers: { accept, ...headers, ...this.#headers, ...readHeaders(options.headers) },
      method,
      body: names === jsonPost.names ? toJson(this.#provider, body) : "",
      timeout,
      maxBytes,
      attempt,
      readError: this.#readError,
      readRetryAfter: this.#readRetryAfter,
      readRateLimits: this.#readRateLimits,
      requestIdHeader: this.#requestIdHeader,
      sign: this.#sign,
      secrets: this.#secrets,
      responded: this.#responded,
    };
    signal?.throwIfAborted();
    const watch = this.#inFlight.watch(signal);
    const exchange = new Exchange({ ...validated, watch });
    try {
      return await read(exchange, watch);
    } catch (error) {
      const failure = exchange.failure(error);
      watch.finish();
      throw failure;
    }
  }

  /** Not retryable. */
  #closedError(what: string): Error {
    return Object.assign(new Error(`the ${this.#provider} client ${what}`), { retryable: false });
  }
}

async function openStream(exchange: Exchange, watch: RequestWatch): Promise<StreamResponse> {
  const response = await exchange.send();
  return { ...response.head, body: chunkStream(exchange, response, watch) };
}
