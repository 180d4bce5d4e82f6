import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { type ErrorAnswer, heldError, shouldRetry, statusError } from "./answer-error.ts";
import {
  ApiError,
  type ApiErrorDetails,
  ApiTimeoutError,
  ConnectionError,
  MalformedResponseError,
} from "./api-error.ts";
import { bodyStart } from "./body-start.ts";
import { ByteLimit } from "./byte-limit.ts";
import { conceal, type Hidden, holdsSecret } from "./conceal.ts";
import { connectionCause } from "./connection-cause.ts";
import { canDecode, decodeBody, isCorrupt, readEncodings } from "./decode-body.ts";
import type { ReadError } from "./error-words.ts";
import { hiddenIn, secretsIn } from "./hidden-in.ts";
import { readRateLimits } from "./read-rate-limits.ts";
import type { RequestWatch } from "./request-watch.ts";
import type { ResponseHead } from "./response.ts";
import { readRetryAfter } from "./retry-after.ts";

/** All that one exchange needs, checked. */
export interface ExchangeRequest {
  readonly provider: string;
  readonly dispatcher: Dispatcher;
  readonly http2: boolean;
  readonly url: URL;
  /** What the caller gave, by names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the answer may be, unless the caller said so. */
  readonly accept: string;
  /** JSON. */
  readonly body: string;
  readonly timeout: number;
  /** The most bytes of a good answer. */
  readonly maxBytes: number;
  readonly attempt: number | undefined;
  readonly readError: ReadError | undefined;
  readonly secrets: readonly string[];
  readonly watch: RequestWatch;
}

/** Of the body of an error: the most bytes that are read, and milliseconds for them. The status says enough. */
const errorBytes = 64 * 1024;
const errorTime = 5000;

/** A good answer, of whose body nothing is read yet. */
export interface GoodAnswer {
  readonly head: ResponseHead;
  readonly body: Readable;
  /** To be told of each piece that is read. */
  readonly limit: ByteLimit;
}

/** One POST and its answer. Whatever goes wrong with it, `failure` tells as it may be told. */
export class Exchange {
  readonly #request: ExchangeRequest;
  #head: ResponseHead | undefined;
  #hidden: Hidden | undefined;

  constructor(request: ExchangeRequest) {
    this.#request = request;
  }

  /**
   * Sends the request. Resolves when the headers of a good answer are there, and limits the time from now on.
   */
  async send(): Promise<GoodAnswer> {
    const { provider, timeout, maxBytes, watch } = this.#request;
    const begin = performance.now();
    watch.limit(timeout, () => this.#timeoutError(`${provider} did not answer within ${timeout} ms`));
    const { statusCode: status, headers, body } = await this.untilEnded(this.#dispatch());
    const header = (name: string): string | undefined => {
      const value = headers[name.toLowerCase()];
      return Array.isArray(value) ? value[0] : value;
    };
    const requestId = this.#shownId(header("x-request-id") ?? header("request-id"));
    const head = { status, requestId, rateLimits: readRateLimits(header), header };
    this.#head = head;
    const encodings = readEncodings(headers["content-encoding"]);
    if (status < 200 || status > 299) {
      // Whatever becomes of its body now, the status decides.
      watch.unlimit();
      const within = Math.max(0, Math.min(errorTime, begin + timeout - performance.now()));
      const decoded = decodeBody(body, canDecode(encodings) ? encodings : []);
      const text = await this.untilEnded(bodyStart(decoded, errorBytes, within));
      throw statusError(this.#errorAnswer(head), canDecode(encodings) ? text : "");
    }
    const refusal = this.#unreadable(encodings, header("content-length"));
    if (refusal !== undefined) {
      body.destroy();
      throw refusal;
    }
    const limit = new ByteLimit(maxBytes, () => this.#tooLarge());
    return { head, body: decodeBody(body, encodings), limit };
  }

  /** The error that a good answer holds. */
  heldError(json: unknown): ApiError {
    return heldError(this.#errorAnswer(this.#head!), json);
  }

  /** An answer that cannot be used. */
  malformed(what: string, retryable = true): MalformedResponseError {
    const { provider } = this.#request;
    return new MalformedResponseError(`${provider} answered ${this.#head!.status} with ${what}`, {
      ...this.details,
      retryable: shouldRetry(this.#head) ?? retryable,
    });
  }

  /** What is known so far. */
  get details(): Omit<ApiErrorDetails, "retryable"> {
    const { provider, attempt } = this.#request;
    if (this.#head === undefined) return { provider, attempt };
    const { status, requestId, rateLimits, header } = this.#head;
    return { provider, attempt, status, requestId, rateLimits, retryAfter: readRetryAfter(header) };
  }

  /** What somebody else says, as a message may show it. */
  conceal(words: string): string {
    return conceal(words, (this.#hidden ??= hiddenIn(this.#request)));
  }

  /** An abort counts at once, whenever undici hears of it. */
  untilEnded<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#request.watch.ended]);
  }

  /** Gives the next piece of a body `timeout` milliseconds from now. */
  limitPiece(): void {
    const { provider, timeout, watch } = this.#request;
    watch.limit(timeout, () => this.#timeoutError(`${provider} sent nothing more within ${timeout} ms`));
  }

  /** The error to throw for what went wrong. */
  failure(error: unknown): unknown {
    const { provider, url, watch } = this.#request;
    if (watch.reason !== undefined) return watch.reason.error;
    if (error instanceof ApiError) return error;
    if (isCorrupt(error)) return this.malformed(`a body that cannot be unpacked (${error.message})`);
    const cause = connectionCause(error, (words) => this.conceal(words));
    const what =
      this.#head === undefined ? `no connection to ${provider} at` : `${provider} broke off its answer from`;
    return new ConnectionError(`${what} ${url.origin}: ${cause.message}`, {
      ...this.details,
      // undici refuses what it is asked to send: it would again.
      retryable: !("code" in cause && cause.code === "UND_ERR_INVALID_ARG"),
      cause,
    });
  }

  #errorAnswer(head: ResponseHead): ErrorAnswer {
    const { provider, url, attempt, readError } = this.#request;
    return { provider, url, attempt, readError, head, conceal: (words) => this.conceal(words) };
  }

  /** An id that shows a key is none that one could ask about. */
  #shownId(id: string | undefined): string | undefined {
    if (id === undefined) return undefined;
    const secrets = secretsIn(this.#request);
    return holdsSecret(id, secrets) ? conceal(id, { secrets, texts: [] }) : id;
  }

  #tooLarge(): MalformedResponseError {
    const most = this.#request.maxBytes.toLocaleString("en-US");
    return this.malformed(`more than ${most} bytes; if so large an answer is right, raise maxBytes`, false);
  }

  /** What is wrong with a body of which only the headers are known. */
  #unreadable(encodings: readonly string[], length: string | undefined): MalformedResponseError | undefined {
    if (!canDecode(encodings)) {
      const names = this.conceal(encodings.toReversed().join(", "));
      return this.malformed(
        `content-encoding ${names}, which cannot be read; gzip, br, zstd and deflate can`,
        false,
      );
    }
    // The length is that of the packed body.
    if (encodings.length === 0 && Number(length) > this.#request.maxBytes) return this.#tooLarge();
    return undefined;
  }

  #timeoutError(message: string): ApiError {
    return new ApiTimeoutError(message, { ...this.details, retryable: true });
  }

  #dispatch(): Promise<Dispatcher.ResponseData> {
    const { dispatcher, http2, url, accept, headers, body, watch } = this.#request;
    const answer = dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: "POST",
      headers: { "content-type": "application/json", accept, ...headers },
      body,
      signal: watch.signal,
      ...(!http2 && { allowH2: false }),
      // The watch limits the time.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    answer.then(
      (late) => {
        // A body that is destroyed before somebody reads it fails with nobody to tell.
        late.body.on("error", () => {});
        if (watch.reason !== undefined) late.body.destroy();
      },
      () => {},
    );
    return answer;
  }
}
