import { readRetryAfter } from "./read-retry-after.ts";

/** What is read of an error of the AI SDK, by its shape: it may come from any version. */
interface SdkError {
  readonly statusCode?: unknown;
  readonly isRetryable?: unknown;
  readonly responseHeaders?: Readonly<Record<string, string>> | undefined;
  readonly cause?: unknown;
}

interface Attempt {
  readonly provider: string;
  readonly texts: readonly string[];
  readonly headers: Readonly<Record<string, string>> | undefined;
}

const marker = Symbol.for("vercel.ai.error");

/**
 * What a request through the AI SDK has failed with. The SDK's own errors hold the texts of the request and all
 * that the service has sent: so this has only what can be shown.
 */
export class AiSdkError extends Error {
  override readonly name = "AiSdkError";
  readonly provider: string;
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** Whether another try may go well, by the SDK. */
  readonly retryable: boolean;
  /** How long the service asks to wait, in milliseconds. */
  readonly retryAfter: number | undefined;
  readonly requestId: string | undefined;

  private constructor(error: Error & SdkError, { provider, texts, headers: given = {} }: Attempt) {
    const { statusCode, isRetryable, message, cause } = error;
    // Those of the gateway stand in its cause.
    const headers = error.responseHeaders ?? (cause as SdkError | undefined)?.responseHeaders ?? {};
    const status = typeof statusCode === "number" ? statusCode : undefined;
    const said = conceal(message, [...texts, ...Object.values(given)]);
    super(status === undefined ? `${provider}: ${said}` : `${provider} answered ${status}: ${said}`);
    this.provider = provider;
    this.status = status;
    // An answer that has broken off, or the page of a gateway, may be a good one the next time.
    this.retryable = isRetryable === true || nameOf(cause) === "AI_JSONParseError";
    this.retryAfter = readRetryAfter(headers);
    this.requestId = headers["x-request-id"];
  }

  /** An error of the SDK as one of these; any other as it is. */
  static of(error: unknown, attempt: Attempt): unknown {
    const isOfSdk = error instanceof Error && (marker in error || "isRetryable" in error);
    return isOfSdk ? new this(error, attempt) : error;
  }
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}

/** How much of a text, or of a header, in a service's words shows that they repeat the request. */
const telling = 16;
const longest = 300;

/** Whatever a service says, neither a text nor a key is shown. */
function conceal(words: string, secrets: readonly string[]): string {
  const repeats = secrets.some(
    (secret) => secret.length >= telling && words.includes(secret.slice(0, telling)),
  );
  if (repeats) return "(what the service says repeats the request, and is not shown)";
  return words.replace(/\bBearer\s+\S+/gi, "Bearer [redacted]").slice(0, longest);
}
