import { type AsyncClosable, Closing } from "@llx/async";
import type { Dispatcher } from "undici";
import { MalformedResponseError } from "./api-error.ts";
import { checkAttempt, checkFunction, checkSignal, checkTimeout, describe } from "./checks.ts";
import type { ReadError } from "./error-words.ts";
import { Exchange } from "./exchange.ts";
import type { HttpClientOptions, JsonPostOptions, PostOptions } from "./http-options.ts";
import { ownDispatcher } from "./own-dispatcher.ts";
import { pieceStream } from "./piece-stream.ts";
import { readHeaders } from "./read-headers.ts";
import type { RequestWatch } from "./request-watch.ts";
import type { BytesResponse, JsonResponse, StreamResponse } from "./response.ts";
import { checkUrl } from "./settings.ts";
import { toJson } from "./to-json.ts";
import { UnderWay } from "./under-way.ts";
import { BodyJoiner, parseBody, piecesOf } from "./whole-body.ts";

/** Posts JSON to one service, over connections of its own that are kept open between requests. */
export class HttpClient implements AsyncClosable {
  readonly #provider: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeout: number;
  readonly #readError: ReadError | undefined;
  readonly #dispatcher: Dispatcher;
  readonly #http2: boolean;
  readonly #secrets: readonly string[];
  readonly #joiner = new BodyJoiner();
  readonly #underWay = new UnderWay();
  readonly #closing: Closing;

  /** @throws TypeError or RangeError for options that cannot be used, without showing what may be secret */
  constructor(options: HttpClientOptions) {
    const { provider, headers, dispatcher, proxy, http2 = false, timeout = 60_000, readError } = options;
    if (typeof provider !== "string" || provider.trim() === "") {
      throw new TypeError(`provider must be the service's name, not ${describe(provider)}`);
    }
    checkTimeout(timeout);
    if (typeof http2 !== "boolean")
      throw new TypeError(`http2 must be true or false, not ${describe(http2)}`);
    checkFunction("readError", readError);
    if (dispatcher !== undefined && typeof dispatcher?.request !== "function") {
      throw new TypeError(`dispatcher must be a dispatcher of undici, not ${describe(dispatcher)}`);
    }
    if (dispatcher !== undefined && proxy !== undefined) {
      throw new TypeError("give a dispatcher or a proxy, not both: the dispatcher decides on its proxy");
    }
    this.#provider = provider;
    this.#headers = readHeaders(headers);
    this.#timeout = timeout;
    this.#readError = readError;
    this.#http2 = http2;
    const own = dispatcher === undefined ? ownDispatcher(proxy) : undefined;
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
      const { head, body: answer } = await exchange.send();
      const pieces = await exchange.untilEnded(piecesOf(answer));
      watch.finish();
      const parsed = parseBody(this.#joiner.join(pieces), options?.parse);
      if (parsed !== undefined) return { ...head, body: parsed };
      const kind = exchange.conceal(head.header("content-type") ?? "no content type");
      throw new MalformedResponseError(
        `${this.#provider} answered ${head.status} with something that is not JSON (${kind})`,
        { ...exchange.details, retryable: exchange.shouldRetry ?? true },
      );
    });
  }

  /** As {@link postJson}, but gives the answer's body as it is. */
  postBytes(url: string, body: unknown, options?: PostOptions): Promise<BytesResponse> {
    return this.#post("*/*", url, body, options, async (exchange, watch) => {
      const { head, body: answer } = await exchange.send();
      const bytes = await exchange.untilEnded(answer.bytes());
      watch.finish();
      return { ...head, bytes };
    });
  }

  /**
   * Sends one POST and resolves when the headers of its answer are there. `timeout` spans the time to the
   * headers (of an error: its body included), and then each time that somebody waits for the next piece.
   *
   * The stream fails with a ConnectionError where the answer breaks off, with an ApiTimeoutError where the
   * next piece does not come in time, and with the signal's reason when it is aborted. Leaving it early ends
   * the request.
   *
   * @throws as {@link postJson} does
   */
  stream(url: string, body: unknown, options?: PostOptions): Promise<StreamResponse> {
    return this.#post("*/*", url, body, options, async (exchange, watch) => {
      const { head, body: answer } = await exchange.send();
      return { ...head, body: pieceStream(exchange, answer, watch) };
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
    const { signal, timeout = this.#timeout, attempt } = options;
    checkSignal(signal);
    checkTimeout(timeout);
    checkAttempt(attempt);
    const checked = {
      provider: this.#provider,
      dispatcher: this.#dispatcher,
      http2: this.#http2,
      url: new URL(checkUrl(this.#provider, url)),
      headers: { ...this.#headers, ...readHeaders(options.headers) },
      accept,
      body: toJson(this.#provider, body),
      timeout,
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
