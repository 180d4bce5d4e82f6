import {
  errorFacts,
  isTransientStatus,
  likelyKeys,
  parseCutJson,
  readRefusal,
  readRetryAfter,
  redact,
  serviceMessage,
} from "@llx/support";

/** What is read of an error of the AI SDK, by its shape: it may come from any version. */
interface SdkError {
  readonly statusCode?: unknown;
  readonly isRetryable?: unknown;
  readonly responseHeaders?: Readonly<Record<string, string>> | undefined;
  readonly responseBody?: unknown;
  /** What the SDK's provider recognised in the body. */
  readonly data?: unknown;
  readonly lastError?: unknown;
  readonly cause?: unknown;
}

interface Attempt {
  readonly provider: string;
  readonly texts: readonly string[];
  readonly headers: Readonly<Record<string, string>> | undefined;
}

const marker = Symbol.for("vercel.ai.error");

/**
 * The error of a request through the AI SDK. The SDK's own errors contain the texts of the request and the whole response:
 * this one has only what may be shown.
 */
export class AiSdkError extends Error {
  override readonly name = "AiSdkError";
  readonly provider: string;
  /** The HTTP status, where there was a response. */
  readonly status: number | undefined;
  /** Whether another attempt may succeed, as the SDK sees it; false where a quota is used up. */
  readonly retryable: boolean;
  /** How long the service asks to wait, in milliseconds. */
  readonly retryAfter: number | undefined;
  /** Whether the service did no work because it is overloaded. */
  readonly refused: boolean;
  /** The interval of the rate limit that was hit, in milliseconds: 60,000 for "requests per minute". */
  readonly limitInterval: number | undefined;
  readonly requestId: string | undefined;

  private constructor(error: Error & SdkError, { provider, texts, headers: sent = {} }: Attempt) {
    const { statusCode, isRetryable, message, cause } = error;
    // The response to a gateway is in the cause.
    const source = error.responseHeaders === undefined ? (cause as SdkError | undefined) : error;
    const headers = source?.responseHeaders ?? {};
    const body = typeof source?.responseBody === "string" ? parseCutJson(source.responseBody) : undefined;
    const facts = errorFacts(body);
    const inBody = statusCode === 200 ? facts.code : undefined;
    const status = inBody ?? (typeof statusCode === "number" ? statusCode : undefined);
    // If the SDK's provider does not know the form of the body, its message is the name of the status.
    const own = serviceMessage("", body) ?? "";
    const shown = (source === error && error.data === undefined && own) || message;
    const asked = readRetryAfter((name) => headers[name]);
    // An error without a status is not a response.
    const refusal = readRefusal({ status: status ?? 0, message: `${shown} ${own}`, facts, asked });
    const show = (text: string, keys: readonly string[]): string =>
      redact(text, { keys, values: Object.values(sent), texts });
    const end = refusal.noQuota === undefined ? "" : ` (${refusal.noQuota})`;
    super(
      `${provider}${status === undefined ? "" : ` responded with ${status}`}: ${show(shown, likelyKeys(shown))}${end}`,
    );
    this.provider = provider;
    this.status = status;
    // A response that was cut off, or the page of a gateway, may be a good one the next time.
    const isTransient =
      isRetryable === true ||
      isTransientStatus(inBody ?? 0) ||
      // The backend of a service such as TEI failed; the SDK takes that for a bad request.
      status === 424 ||
      nameOf(cause) === "AI_JSONParseError";
    this.retryable = isTransient && refusal.noQuota === undefined;
    this.retryAfter = refusal.retryAfter;
    this.refused = refusal.refused;
    this.limitInterval = refusal.limitInterval;
    const id = headers["x-request-id"];
    this.requestId = id && show(id, []);
  }

  /** An error of the SDK as one of these; any other as it is. */
  static of(error: unknown, attempt: Attempt): unknown {
    if (!(error instanceof Error) || !(marker in error || "isRetryable" in error)) return error;
    // If a layer of the SDK retried, the last error counts.
    const { lastError } = error as SdkError;
    return lastError instanceof Error ? this.of(lastError, attempt) : new this(error, attempt);
  }
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}
