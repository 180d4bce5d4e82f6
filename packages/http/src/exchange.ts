import type { Dispatcher } from "undici";
import { ApiError, type ApiErrorDetails, ApiTimeoutError, ConnectionError } from "./api-error.ts";
import { conceal, type Hidden } from "./conceal.ts";
import { connectionCause } from "./connection-cause.ts";
import { errorForStatus } from "./error-for-status.ts";
import { errorWords, type ReadError } from "./error-words.ts";
import { hiddenIn } from "./hidden-in.ts";
import { readRateLimits } from "./read-rate-limits.ts";
import type { RequestWatch } from "./request-watch.ts";
import type { ResponseHead } from "./response.ts";
import { exhaustedFor, readRetryAfter } from "./retry-after.ts";

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
  readonly attempt: number | undefined;
  readonly readError: ReadError | undefined;
  readonly secrets: readonly string[];
  readonly watch: RequestWatch;
}

type Body = Dispatcher.ResponseData["body"];

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
  async send(): Promise<{ readonly head: ResponseHead; readonly body: Body }> {
    const { provider, url, timeout, watch, readError } = this.#request;
    watch.limit(timeout, () => this.#timeoutError(`${provider} did not answer within ${timeout} ms`));
    const { statusCode: status, headers, body } = await this.untilEnded(this.#dispatch());
    const header = (name: string): string | undefined => {
      const value = headers[name.toLowerCase()];
      return Array.isArray(value) ? value[0] : value;
    };
    const requestId = header("x-request-id") ?? header("request-id");
    this.#head = { status, requestId, rateLimits: readRateLimits(header), header };
    if (status >= 200 && status <= 299) return { head: this.#head, body };
    const said = errorWords(await this.untilEnded(body.text()), readError);
    const words = said ? this.conceal(said) : "";
    // Most often it is the address that is wrong.
    const where = status === 404 || status === 405 ? ` at ${this.conceal(url.origin + url.pathname)}` : "";
    throw errorForStatus(
      `${provider} answered ${status}${where}${words && `: ${words}`}`,
      status,
      this.details,
      this.shouldRetry,
    );
  }

  /** What is known so far. */
  get details(): Omit<ApiErrorDetails, "retryable"> {
    const { provider, attempt } = this.#request;
    if (this.#head === undefined) return { provider, attempt };
    const { status, requestId, rateLimits, header } = this.#head;
    const asked =
      readRetryAfter(header) ?? (status === 429 || status === 503 ? exhaustedFor(rateLimits) : undefined);
    return { provider, attempt, status, requestId, rateLimits, retryAfter: asked };
  }

  /** What the service says of trying again. */
  get shouldRetry(): boolean | undefined {
    const value = this.#head?.header("x-should-retry")?.trim().toLowerCase();
    return value === "true" ? true : value === "false" ? false : undefined;
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
