import { type AsyncClosable, Closing } from "@llx/async";
import { Agent, type Dispatcher } from "undici";
import {
  ApiError,
  ApiTimeoutError,
  ConnectionError,
  errorForStatus,
  MalformedResponseError,
} from "./api-error.ts";
import { readRetryAfter } from "./retry-after.ts";

export interface HttpClientOptions {
  /** Names the service in messages. */
  readonly provider: string;
  /** Sent with each request. Nothing of it is ever shown. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** An undici dispatcher of your own, such as a proxy's; it is not closed with the client. */
  readonly dispatcher?: Dispatcher | undefined;
  /** Milliseconds for one request, its answer's body included. Default 60,000. */
  readonly timeout?: number | undefined;
  /** Reads the service's own words out of the body of an error. */
  readonly readError?: ((body: unknown) => string | undefined) | undefined;
}

export interface PostOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface JsonResponse {
  readonly status: number;
  readonly body: unknown;
  readonly requestId: string | undefined;
  header(name: string): string | undefined;
}

const defaultTimeout = 60_000;

/** Posts JSON to one service, over connections of its own that are kept open between requests. */
export class HttpClient implements AsyncClosable {
  readonly #options: HttpClientOptions;
  readonly #dispatcher: Dispatcher;
  readonly #closing: Closing;

  /** @throws TypeError for a header that cannot be sent, without showing its value */
  constructor(options: HttpClientOptions) {
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      if (typeof value !== "string" || /[\r\n\0]/.test(value)) {
        throw new TypeError(`the header ${name} must be a string without line breaks`);
      }
    }
    this.#options = options;
    const own = options.dispatcher ? undefined : new Agent();
    this.#dispatcher = own ?? options.dispatcher!;
    this.#closing = new Closing(`the ${options.provider} client`, () => own?.close());
  }

  get closed(): boolean {
    return this.#closing.closed;
  }

  /** Waits for requests that are under way, then closes the connections. */
  aclose(): Promise<void> {
    return this.#closing.aclose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }

  /**
   * Sends one POST and reads its answer as JSON.
   *
   * @throws ApiError that tells what went wrong; the signal's reason, when it is aborted
   */
  async postJson(url: string, body: unknown, options: PostOptions = {}): Promise<JsonResponse> {
    this.#closing.throwIfClosed();
    options.signal?.throwIfAborted();
    const { provider, timeout = defaultTimeout } = this.#options;
    const stop = new AbortController();
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      stop.abort();
    }, timeout);
    const onAbort = (): void => stop.abort();
    options.signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await this.#exchange(url, JSON.stringify(body), stop.signal);
    } catch (error) {
      if (error instanceof ApiError) throw error;
      if (options.signal?.aborted) throw options.signal.reason;
      if (timedOut) {
        throw new ApiTimeoutError(`${provider} did not answer within ${timeout} ms`, {
          provider,
          retryable: true,
        });
      }
      const message = error instanceof Error ? error.message : String(error);
      throw new ConnectionError(`no connection to ${provider} at ${new URL(url).origin}: ${message}`, {
        provider,
        retryable: true,
        cause: error,
      });
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
    }
  }

  async #exchange(url: string, body: string, signal: AbortSignal): Promise<JsonResponse> {
    const { provider, headers, readError } = this.#options;
    const { origin, pathname, search } = new URL(url);
    const answer = await this.#dispatcher.request({
      origin,
      path: pathname + search,
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json", ...headers },
      body,
      signal,
      // One time-out spans all of the exchange.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const text = await answer.body.text();
    const header = (name: string): string | undefined => {
      const value = answer.headers[name];
      return Array.isArray(value) ? value[0] : value;
    };
    const status = answer.statusCode;
    const details = { provider, status, requestId: header("x-request-id") ?? header("request-id") };
    const parsed = parseJson(text);
    if (status < 200 || status > 299) {
      const said = readError?.(parsed ?? text) ?? firstWords(text);
      const message = `${provider} answered ${status}${said ? `: ${said}` : ""}`;
      throw errorForStatus(message, status, { ...details, retryAfter: readRetryAfter(header) });
    }
    if (parsed === undefined) {
      const kind = header("content-type") ?? "no content type";
      throw new MalformedResponseError(
        `${provider} answered ${status} with something that is not JSON (${kind})`,
        {
          ...details,
          retryable: true,
        },
      );
    }
    return { status, body: parsed, requestId: details.requestId, header };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The beginning of a body that is no JSON, such as a gateway's page, without its markup. */
function firstWords(text: string): string {
  const words = text
    .replaceAll(/<(style|script)[\s\S]*?<\/\1>|<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  return words.length > 200 ? `${words.slice(0, 200)}…` : words;
}
