import { type AsyncClosable, Closing } from "@llx/async";
import { checkNames, checkSignal, describeKind, type NamesOf } from "@llx/support";
import type { Dispatcher } from "undici";
import { checkAttempt, checkKeepAliveThreshold, checkMaxBytes, checkTimeout } from "./checks.ts";
import { Exchange } from "./exchange.ts";
import type {
  HttpClientOptions,
  PostOptions,
  ReadError,
  RequestToSign,
  SignRequest,
} from "./http-options.ts";
import { InFlightRequests } from "./in-flight-requests.ts";
import { ownDispatcher } from "./own-dispatcher.ts";
import { OwnPool } from "./own-pool.ts";
import { readHeaders } from "./read-headers.ts";
import type { RequestWatch } from "./request-watch.ts";
import { ClientSecrets, type Secrets } from "./secrets.ts";
import { checkUrl } from "./settings.ts";

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
};

/** One request, as a kind of client makes it. */
export interface RequestKind {
  readonly method: RequestToSign["method"];
  /** Headers that are sent unless the caller sets them, by lower-case name. */
  readonly defaults: Readonly<Record<string, string>>;
  /** JSON; empty for none. */
  readonly body: string;
  /** The names of its options. */
  readonly names: Readonly<Record<string, true>>;
}

/** Sends the requests of one client, over its own pool of connections that are kept alive between requests. */
export class HttpRequests implements AsyncClosable {
  readonly provider: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeout: number;
  readonly #maxBytes: number;
  readonly #readError: ReadError | undefined;
  readonly #sign: SignRequest | undefined;
  /** The caller's dispatcher, or the client's own. */
  readonly #dispatcher: Dispatcher | OwnPool;
  readonly #http2: boolean;
  readonly #secrets: ClientSecrets;
  readonly #inFlight = new InFlightRequests();
  readonly #closing: Closing;

  /** @throws TypeError or RangeError for invalid options, without showing what may be secret */
  constructor(options: HttpClientOptions) {
    checkNames(options, clientNames);
    const { provider, headers, dispatcher, proxy, http2 = false, readError, sign } = options;
    const { timeout = 60_000, maxBytes = defaultMaxBytes, keepAliveTimeoutThreshold } = options;
    if (typeof provider !== "string" || provider.trim() === "") {
      throw new TypeError(`provider must be the service's name, not ${describeKind(provider)}`);
    }
    checkTimeout(timeout);
    checkMaxBytes(maxBytes);
    checkKeepAliveThreshold(keepAliveTimeoutThreshold);
    if (typeof http2 !== "boolean")
      throw new TypeError(`http2 must be true or false, not ${describeKind(http2)}`);
    for (const [name, value] of Object.entries({ readError, sign })) {
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
    this.provider = provider;
    this.#headers = readHeaders(headers);
    this.#timeout = timeout;
    this.#maxBytes = maxBytes;
    this.#readError = readError;
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

  /** What no message may show of the headers of each request. */
  get secrets(): Secrets {
    return this.#secrets.of({ headers: this.#headers, url: new URL("http://localhost") });
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

  /** Validates the arguments, and turns what `read` throws into the error to throw. `read` finishes the watch. */
  async send<T>(
    { method, defaults, body, names }: RequestKind,
    url: string,
    options: PostOptions = {},
    read: (exchange: Exchange, watch: RequestWatch) => Promise<T>,
  ): Promise<T> {
    if (this.closed) throw this.#closedError("is closed; make a new one");
    checkNames(options, names);
    const { signal, timeout = this.#timeout, maxBytes = this.#maxBytes, attempt } = options;
    checkSignal(signal);
    checkTimeout(timeout);
    checkMaxBytes(maxBytes);
    checkAttempt(attempt);
    const pool = this.#dispatcher instanceof OwnPool ? this.#dispatcher : undefined;
    const validated = {
      provider: this.provider,
      dispatcher: async () => (await pool?.current()) ?? (this.#dispatcher as Dispatcher),
      // A connection over HTTP/2 outlives its requests, even if it is dead or stalled: then each of them would time out.
      onTimeout: (used: Dispatcher) => void (this.#http2 && pool?.retire(used)),
      http2: this.#http2,
      url: new URL(checkUrl(this.provider, url)),
      headers:
        options.headers === undefined ? this.#headers : { ...this.#headers, ...readHeaders(options.headers) },
      method,
      defaults,
      body,
      timeout,
      maxBytes,
      attempt,
      readError: this.#readError,
      sign: this.#sign,
      secrets: this.#secrets,
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
    return Object.assign(new Error(`the ${this.provider} client ${what}`), { retryable: false });
  }
}
