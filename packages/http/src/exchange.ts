import type { Readable } from "node:stream";
import { isUnreached } from "@llx/async";
import { readRetryAfter, redact, type Sensitive } from "@llx/support";
import type {
  ReadError,
  ReadRateLimits,
  ReadRetryAfter,
  RequestToSign,
  SignRequest,
} from "./http-options.ts";
import type { Dispatcher } from "undici";
import {
  ApiError,
  type ApiErrorDetails,
  ApiTimeoutError,
  ConnectionError,
  MalformedResponseError,
} from "./api-error.ts";
import { bodyStart } from "./body-start.ts";
import { ByteLimit } from "./byte-limit.ts";
import { connectionCause } from "./connection-cause.ts";
import { connectionProblem } from "./connection-problem.ts";
import { canDecode, decodeBody, isCorrupt, readEncodings } from "./decode-body.ts";
import { errorInBody, type ErrorResponse, shouldRetry, statusError } from "./error-response.ts";
import { readHeaders } from "./read-headers.ts";
import { finiteRates, readRateLimits } from "./read-rate-limits.ts";
import type { RequestWatch } from "./request-watch.ts";
import type { ResponseHead } from "./response.ts";
import { shownUrl } from "./shown-url.ts";
import { type ClientSecrets, sharesPart, textsIn } from "./secrets.ts";

const refusesConnections = (error: Error): boolean => "code" in error && error.code === "ECONNREFUSED";

/** Everything that one exchange needs, validated. */
export interface ExchangeRequest {
  readonly provider: string;
  /** The connections to use, which may have to be opened first. */
  readonly dispatcher: () => Promise<Dispatcher>;
  /** Whether they are the client's own. */
  readonly isOwn: boolean;
  /** Called with the connections when the time is over. */
  readonly onTimeout: (used: Dispatcher) => void;
  readonly http2: boolean;
  readonly url: URL;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly method: RequestToSign["method"];
  /** JSON; empty for none, or for what `send` is given. */
  readonly body: string;
  readonly timeout: number;
  /** The maximum size of a successful response, in bytes. */
  readonly maxBytes: number;
  readonly attempt: number | undefined;
  readonly readError: ReadError | undefined;
  readonly readRetryAfter: ReadRetryAfter | undefined;
  readonly readRateLimits: ReadRateLimits | undefined;
  readonly requestIdHeader: string | undefined;
  readonly sign: SignRequest | undefined;
  readonly secrets: ClientSecrets;
  /** The origins that have responded to the client. */
  readonly responded: Set<string>;
  readonly watch: RequestWatch;
}

/** Limits for the body of an error, in bytes and milliseconds. The status says enough. */
const errorBytes = 64 * 1024;
const errorTime = 5000;

/** A successful response whose body has not been read yet. */
export interface OpenResponse {
  readonly head: ResponseHead;
  readonly body: Readable;
  /** Counts the chunks that are read. */
  readonly limit: ByteLimit;
  /** Whether large chunks of the body have memory of their own, which nobody else reads. */
  readonly ownsChunks: boolean;
}

/** One request and its response. `failure` turns whatever goes wrong into the error to throw. */
export class Exchange {
  readonly #request: ExchangeRequest;
  #dispatcher: Dispatcher | undefined;
  #head: ResponseHead | undefined;
  /** When the wait began that is limited. */
  #waitsFrom = 0;
  #sensitive: Sensitive | undefined;
  /** The headers that `sign` has made, by lower-case name. */
  #signed: Readonly<Record<string, string>> = {};
  /** What `sign` has thrown. */
  #unsigned: { readonly error: unknown } | undefined;

  constructor(request: ExchangeRequest) {
    this.#request = request;
  }

  /**
   * Sends the request. Resolves when the headers of a successful response have arrived. The time-out begins here.
   *
   * @param upload the body, in place of JSON: it limits the waits of its own
   */
  async send(upload?: AsyncIterable<Uint8Array>): Promise<OpenResponse> {
    const { timeout, maxBytes, watch, isOwn, http2, requestIdHeader } = this.#request;
    this.#dispatcher = await this.untilEnded(this.#request.dispatcher());
    this.limitWait("did not respond");
    if (this.#request.sign !== undefined) await this.untilEnded(this.#sign(this.#request.sign));
    const {
      statusCode: status,
      headers,
      body,
    } = await this.untilEnded(this.#dispatch(this.#dispatcher, upload));
    this.#request.responded.add(this.#request.url.origin);
    const header = (name: string): string | undefined => {
      const value = headers[name.toLowerCase()];
      return Array.isArray(value) ? value[0] : value;
    };
    const id =
      requestIdHeader === undefined
        ? (header("x-request-id") ?? header("request-id") ?? header("x-amzn-requestid"))
        : header(requestIdHeader);
    const requestId = this.#shownId(id, status);
    const head = { status, requestId, rateLimits: this.#rateLimits(header), header };
    this.#head = head;
    const encodings = readEncodings(headers["content-encoding"]);
    if (status < 200 || status > 299) {
      // The status decides, even if its body does not arrive.
      watch.removeLimit();
      const within = Math.min(errorTime, this.#waitsFrom + timeout - performance.now());
      const decoded = decodeBody(body, canDecode(encodings) ? encodings : []);
      const text = await this.untilEnded(bodyStart(decoded, errorBytes, within));
      throw statusError(this.#errorResponse(head), canDecode(encodings) ? text : "");
    }
    const refusal = this.#unreadable(encodings, header("content-length"));
    if (refusal !== undefined) {
      body.destroy();
      throw refusal;
    }
    const limit = new ByteLimit(maxBytes, () => this.#tooLarge());
    // Over HTTP/2, streams share memory, as the chunks of a decoder do; what another dispatcher does is unknown.
    const ownsChunks = isOwn && !http2 && encodings.length === 0;
    return { head, body: decodeBody(body, encodings), limit, ownsChunks };
  }

  /** What the service's headers say of its rate limits: nothing, where they cannot be read. */
  #rateLimits(header: ResponseHead["header"]): ResponseHead["rateLimits"] {
    const { readRateLimits: readOwn } = this.#request;
    if (readOwn === undefined) return readRateLimits(header);
    try {
      return finiteRates(readOwn(header));
    } catch {
      return undefined;
    }
  }

  /** The error within a successful response. */
  errorInBody(json: unknown): ApiError {
    return errorInBody(this.#errorResponse(this.#head!), json);
  }

  /** The error for an unusable response. */
  malformed(what: string, retryable = true): MalformedResponseError {
    const { provider } = this.#request;
    return new MalformedResponseError(`${provider} responded with ${this.#head!.status} and ${what}`, {
      ...this.details,
      retryable: shouldRetry(this.#head) ?? retryable,
    });
  }

  /** The URL, as a message may show it. */
  get address(): string {
    return this.redact(shownUrl(this.#request.url));
  }

  /** What is known about the request so far. */
  get details(): Omit<ApiErrorDetails, "retryable"> {
    const { provider, attempt } = this.#request;
    if (this.#head === undefined) return { provider, attempt };
    const { status, requestId, rateLimits, header } = this.#head;
    return { provider, attempt, status, requestId, rateLimits, retryAfter: readRetryAfter(header) };
  }

  /** A foreign message, redacted for an error. */
  redact(message: string): string {
    const { secrets, url, headers, body } = this.#request;
    this.#sensitive ??= {
      ...secrets.of({ url, headers: { ...headers, ...this.#signed } }),
      texts: body === "" ? [] : textsIn(body),
    };
    return redact(message, this.#sensitive);
  }

  /** Runs work that an abort ends at once, without waiting for undici. */
  untilEnded<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#request.watch.ended]);
  }

  /**
   * Limits a wait to `timeout` milliseconds, in place of an earlier one.
   *
   * @param what the service has not done by then
   */
  limitWait(what: string): void {
    const { provider, timeout, watch, onTimeout } = this.#request;
    this.#waitsFrom = performance.now();
    watch.limit(timeout, () => {
      if (this.#dispatcher !== undefined) onTimeout(this.#dispatcher);
      const message = `${provider} ${what} within ${timeout} ms`;
      return new ApiTimeoutError(message, { ...this.details, retryable: true });
    });
  }

  /** The error to throw for what went wrong. */
  failure(error: unknown): unknown {
    const { provider, url, watch, responded } = this.#request;
    if (watch.reason !== undefined) return watch.reason.error;
    if (this.#unsigned !== undefined) return this.#unsigned.error;
    if (error instanceof ApiError) return error;
    if (isCorrupt(error)) return this.malformed(`a body that cannot be decompressed (${error.message})`);
    const cause = connectionCause(error, (message) => this.redact(message));
    const broken = this.#head !== undefined;
    const problem = broken ? undefined : connectionProblem(error);
    const what = broken
      ? `${provider} broke off its response from `
      : `no connection to ${provider === url.host ? "" : `${provider} at `}`;
    const message =
      problem === undefined
        ? `${what}${url.origin}: ${cause.message}${refusesConnections(cause) ? "; is it running?" : ""}`
        : `${provider} at ${url.origin} ${problem.text}`;
    // undici rejects an invalid request, and would do so again.
    const { retryable, refused } = problem ?? {
      retryable: !("code" in cause && cause.code === "UND_ERR_INVALID_ARG"),
      // It has worked, and may be back soon: it is the service that is down, not an address that is wrong.
      refused: isUnreached(cause) && responded.has(url.origin),
    };
    return new ConnectionError(message, { ...this.details, retryable, refused, cause });
  }

  #errorResponse(head: ResponseHead): ErrorResponse {
    const { provider, url, attempt, readError, readRetryAfter: readWait } = this.#request;
    return { provider, url, attempt, readError, readWait, head, redact: (message) => this.redact(message) };
  }

  /** A server may repeat a key in the id. Successful calls only need a fast check. */
  #shownId(id: string | undefined, status: number): string | undefined {
    if (id === undefined) return undefined;
    const signed = Object.values(this.#signed);
    const mayShow =
      this.#request.secrets.of(this.#request).mayBeIn(id) ||
      (signed.length > 0 && (status > 299 || sharesPart(id, signed)));
    return mayShow ? this.redact(id) : id;
  }

  #tooLarge(): MalformedResponseError {
    const most = this.#request.maxBytes.toLocaleString("en-US");
    return this.malformed(
      `more than ${most} bytes; if such a large response is expected, raise maxBytes`,
      false,
    );
  }

  /** Why a body cannot be read, according to the headers. */
  #unreadable(encodings: readonly string[], length: string | undefined): MalformedResponseError | undefined {
    if (!canDecode(encodings)) {
      const names = this.redact(encodings.toReversed().join(", "));
      return this.malformed(
        `content-encoding ${names}, which is not supported; gzip, br, zstd and deflate are`,
        false,
      );
    }
    // The length is that of the compressed body.
    if (encodings.length === 0 && Number(length) > this.#request.maxBytes) return this.#tooLarge();
    return undefined;
  }

  async #sign(sign: SignRequest): Promise<void> {
    const { method, url, headers, body } = this.#request;
    try {
      const request = { method, url: url.href, headers, body };
      this.#signed = readHeaders(await sign(request));
    } catch (error) {
      this.#unsigned = { error };
      throw error;
    }
  }

  #dispatch(
    dispatcher: Dispatcher,
    upload: AsyncIterable<Uint8Array> | undefined,
  ): Promise<Dispatcher.ResponseData> {
    const { http2, method, url, headers, body, watch } = this.#request;
    const response = dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: { ...headers, ...this.#signed },
      // It takes iterables, which its types do not say.
      body: (upload as Readable | undefined) ?? (body || null),
      signal: watch.signal,
      ...(!http2 && { allowH2: false }),
      // The watch limits the time.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    response.then(
      (late) => {
        // A body that is destroyed before it is read emits an unhandled error.
        late.body.on("error", () => {});
        if (watch.reason !== undefined) late.body.destroy();
      },
      () => {},
    );
    return response;
  }
}
