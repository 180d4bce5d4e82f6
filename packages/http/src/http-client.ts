import type { AsyncClosable } from "@llx/async";
import type { NamesOf } from "@llx/support";
import { chunkStream } from "./chunk-stream.ts";
import type { Exchange } from "./exchange.ts";
import { HttpRequests } from "./http-requests.ts";
import type { HttpClientOptions, JsonPostOptions, PostOptions } from "./http-options.ts";
import type { RequestWatch } from "./request-watch.ts";
import type { BytesResponse, JsonResponse, StreamResponse } from "./response.ts";
import { readJson } from "./read-json.ts";
import { toJson } from "./to-json.ts";
import { BodyJoiner, bytesOf, readChunks } from "./whole-body.ts";

const names: NamesOf<JsonPostOptions> = {
  signal: true,
  timeout: true,
  maxBytes: true,
  headers: true,
  attempt: true,
  parse: true,
};

/** Posts JSON to one service, over its own pool of connections that are kept alive between requests. */
export class HttpClient implements AsyncClosable {
  readonly #requests: HttpRequests;
  readonly #joiner = new BodyJoiner();

  /** @throws TypeError or RangeError for invalid options, without showing what may be secret */
  constructor(options: HttpClientOptions) {
    this.#requests = new HttpRequests(options);
  }

  get closed(): boolean {
    return this.#requests.closed;
  }

  /**
   * Waits for the requests in flight, streams included, then closes the connections. With `abort`, which may follow a
   * call without, the requests end at once with an `Error` whose `retryable` is false.
   */
  aclose(options: { readonly abort?: boolean | undefined } = {}): Promise<void> {
    return this.#requests.aclose(options);
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
    return this.#post("application/json", url, body, options, (exchange, watch) =>
      readJson(exchange, watch, this.#joiner, options?.parse),
    );
  }

  /** Like {@link postJson}, but returns the body of the response as bytes. */
  postBytes(url: string, body: unknown, options?: PostOptions): Promise<BytesResponse> {
    return this.#post("*/*", url, body, options, async (exchange, watch) => {
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
    // A caller that reads chunk by chunk can count.
    const limited = { ...options, maxBytes: options?.maxBytes ?? Number.POSITIVE_INFINITY };
    return this.#post("*/*", url, body, limited, async (exchange, watch) => {
      const response = await exchange.send();
      return { ...response.head, body: chunkStream(exchange, response, watch) };
    });
  }

  async #post<T>(
    accept: string,
    url: string,
    body: unknown,
    options: PostOptions | undefined,
    read: (exchange: Exchange, watch: RequestWatch) => Promise<T>,
  ): Promise<T> {
    const json = toJson(this.#requests.provider, body);
    const defaults = { "content-type": "application/json", accept };
    return this.#requests.send({ method: "POST", defaults, body: json, names }, url, options, read);
  }
}
