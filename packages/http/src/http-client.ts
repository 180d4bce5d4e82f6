import { type AsyncClosable, Closing } from "@llx/async";
import type { Dispatcher } from "undici";
import {
  checkAttempt,
  checkFunction,
  checkKeepAliveThreshold,
  checkMaxBytes,
  checkSignal,
  checkTimeout,
  describe,
} from "./checks.ts";
import type { ReadError } from "./error-words.ts";
import { Exchange } from "./exchange.ts";
import type { HttpClientOptions, JsonPostOptions, PostOptions } from "./http-options.ts";
import { heldBy, holdsError } from "./holds-error.ts";
import { ownDispatcher } from "./own-dispatcher.ts";
import { pieceStream } from "./piece-stream.ts";
import { readHeaders } from "./read-headers.ts";
import type { RequestWatch } from "./request-watch.ts";
import type { BytesResponse, JsonResponse, StreamResponse } from "./response.ts";
import { checkUrl } from "./settings.ts";
import { toJson } from "./to-json.ts";
import { UnderWay } from "./under-way.ts";
import { BodyJoiner, bytesOf, parseBody, piecesOf } from "./whole-body.ts";

/** What the largest request of embeddings can be answered with, and room. */
const defaultMaxBytes = 256 * 1024 * 1024;

/** Posts JSON to one service, over connections of its own that are kept open between requests. */
export class HttpClient implements AsyncClosable {
  readonly #provider: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeout: number;
  readonly #maxBytes: number;
  readonly #readError: ReadError | undefined;
  readonly #dispatcher: Dispatcher;
  readonly #http2: boolean;
  readonly #secrets: readonly string[];
  readonly #joiner = new BodyJoiner();
  readonly #underWay = new UnderWay();
  readonly #closing: Closing;

  /** @throws TypeError or RangeError for options that cannot be used, without showing what may be secret */
  constructor(options: HttpClientOptions) {
    const { provider, headers, dispatcher, proxy, http2 = false, readError } = options;
    const { timeout = 60_000, maxBytes = defaultMaxBytes, keepAliveTimeoutThreshold } = options;
    if (typeof provider !== "string" || provider.trim() === "") {
      throw new TypeError(`provider must be the service's name, not ${describe(provider)}`);
    }
    checkTimeout(timeout);
    checkMaxBytes(maxBytes);
    checkKeepAliveThreshold(keepAliveTimeoutThreshold);
    if (typeof http2 !== "boolean")
      throw new TypeError(`http2 must be true or false, not ${describe(http2)}`);
    checkFunction("readError", readError);
    if (dispatcher !== undefined && typeof dispatcher?.request !== "function") {
      throw new TypeError(`dispatcher must be a dispatcher of undici, not ${describe(dispatcher)}`);
    }
    if (dispatcher !== undefined && proxy !== undefined) {
      throw new TypeError("give a dispatcher or a proxy, not both: the dispatcher decides on its proxy");
    }
    if (dispatcher !== undefined && keepAliveTimeoutThreshold !== undefined) {
      throw new TypeError(
        "give a dispatcher or keepAliveTimeoutThreshold, not both: the dispatcher has an option of that name",
      );
    }
    this.#provider = provider;
    this.#headers = readHeaders(headers);
    this.#timeout = timeout;
    this.#maxBytes = maxBytes;
    this.#readError = readError;
    this.#http2 = http2;
    const own = dispatcher === undefined ? ownDispatcher(proxy, keepAliveTimeoutThreshold) : undefined;
    this.#dispatcher = own?.dispatcher ?? dispatcher!;
    this.#secrets = own?.secrets ?? [];
    this.#closing = new Closing(`the ${provider} client`, async () => {
      await this.#underWay.idle();
      // Nothing runs on it any more. Its close() would also wait for connections that nobody needs now.
      await own?.dispatcher.destroy();
    });
  }

  get closed(): boolean {
    return this.#closing.closed;
  }

  /**
   * Waits for what is under way, streams included, then closes the connections. With `abort`, also when it
   * waits already, what is under way ends at once with an `Error` whose `retryable` is false.
   */
  aclose(options: { readonly abort?: boolean | undefined } = {}): Promise<void> {
    const closed = this.#closing.aclose();
    if (options.abort === true) {
      this.#underWay.endAll(() => this.#closedError("was closed while the request was under way"));
    }
    return closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }

  /**
   * Sends one POST and reads its answer as JSON.
   *
   * @throws ApiError that tells what went wrong; the signal's reason, when it is aborted; TypeError or
   *   RangeError for what cannot be sent; Error after `aclose()`
   */
  postJson(url: string, body: unknown, options?: JsonPostOptions): Promise<JsonResponse> {
    return this.#post("application/json", url, body, options, async (exchange, watch) => {
      const answer = await exchange.send();
      const pieces = await exchange.untilEnded(piecesOf(answer.body, answer.limit));
      watch.finish();
      const bytes = this.#joiner.join(pieces);
      const parsed = parseBody(bytes, options?.parse);
      // What a parser of the caller's finds wrong may be the error that the service has sent instead.
      const held = holdsError(parsed) ? parsed : parsed === undefined ? heldBy(bytes) : undefined;
      if (held !== undefined) throw exchange.heldError(held);
      if (parsed !== undefined) return { ...answer.head, body: parsed };
      const kind = exchange.conceal(answer.head.header("content-type") ?? "no content type");
      throw exchange.malformed(`something that is not JSON (${kind})`);
    });
  }

  /** As {@link postJson}, but gives the answer's body as it is. */
  postBytes(url: string, body: unknown, options?: PostOptions): Promise<BytesResponse> {
    return this.#post("*/*", url, body, options, async (exchange, watch) => {
      const answer = await exchange.send();
      const pieces = await exchange.untilEnded(piecesOf(answer.body, answer.limit));
      watch.finish();
      return { ...answer.head, bytes: bytesOf(pieces) };
    });
  }

  /**
   * Sends one POST and resolves when the headers of its answer are there. `timeout` spans the time to the
   * headers (of an error: its body included), and then each time that somebody waits for the next piece.
   *
   * The stream fails with a ConnectionError where the answer breaks off, with an ApiTimeoutError where the
   * next piece does not come in time, and with the signal's reason when it is aborted. Leaving it early ends
   * the request. It has no limit of bytes but one that the request gives.
   *
   * @throws as {@link postJson} does
   */
  stream(url: string, body: unknown, options?: PostOptions): Promise<StreamResponse> {
    // Whoever reads piece by piece sees for himself how much there is.
    const limited = { ...options, maxBytes: options?.maxBytes ?? Number.POSITIVE_INFINITY };
    return this.#post("*/*", url, body, limited, async (exchange, watch) => {
      const answer = await exchange.send();
      return { ...answer.head, body: pieceStream(exchange, answer, watch) };
    });
  }

  /** Checks all that was given; what `read` throws becomes what may be told. `read` finishes the watch. */
  async #post<T>(
    accept: string,
    url: string,
    body: unknown,
    options: PostOptions = {},
    read: (exchange: Exchange, watch: RequestWatch) => Promise<T>,
  ): Promise<T> {
    if (this.closed) throw this.#closedError("is closed; make a new one");
    const { signal, timeout = this.#timeout, maxBytes = this.#maxBytes, attempt } = options;
    checkSignal(signal);
    checkTimeout(timeout);
    checkMaxBytes(maxBytes);
    checkAttempt(attempt);
    const checked = {
      provider: this.#provider,
      dispatcher: this.#dispatcher,
      http2: this.#http2,
      url: new URL(checkUrl(this.#provider, url)),
      headers:
        options.headers === undefined ? this.#headers : { ...this.#headers, ...readHeaders(options.headers) },
      accept,
      body: toJson(this.#provider, body),
      timeout,
      maxBytes,
      attempt,
      readError: this.#readError,
      secrets: this.#secrets,
    };
    signal?.throwIfAborted();
    const watch = this.#underWay.watch(signal);
    const exchange = new Exchange({ ...checked, watch });
    try {
      return await read(exchange, watch);
    } catch (error) {
      const failure = exchange.failure(error);
      watch.finish();
      throw failure;
    }
  }

  /** Tells whoever tries again that this does not help. */
  #closedError(what: string): Error {
    return Object.assign(new Error(`the ${this.#provider} client ${what}`), { retryable: false });
  }
}
