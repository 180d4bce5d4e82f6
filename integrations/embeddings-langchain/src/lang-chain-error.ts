import {
  errorFacts,
  isTransientStatus,
  likelyKeys,
  readRefusal,
  readRetryAfter,
  redact,
  serviceMessage,
} from "@llx/support";

type HeaderValues = Headers | Readonly<Record<string, string>>;

/** What is read of an error, by its shape: LangChain and its clients have no class in common. */
interface Thrown {
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly requestID?: unknown;
  readonly [retryableMark]?: unknown;
  // The status of the clients of OpenAI and Google, of Cohere and Mistral, of axios, of Amazon.
  readonly status?: unknown;
  readonly statusCode?: unknown;
  readonly response?: { readonly status?: unknown; readonly data?: unknown; readonly headers?: HeaderValues };
  readonly $metadata?: { readonly httpStatusCode?: unknown };
  // What the service sent.
  readonly headers?: HeaderValues;
  readonly code?: unknown;
  readonly type?: unknown;
  readonly error?: unknown;
  readonly body?: unknown;
  readonly errorDetails?: unknown;
}

/** Where LangChain marks whether an error is retryable. */
const retryableMark = Symbol.for("langchain.errors.retryable");

/**
 * The error of a request through LangChain. The errors of its clients may contain the texts of the request and its
 * key: this one has only what may be shown.
 */
export class LangChainError extends Error {
  override readonly name = "LangChainError";
  readonly provider: string;
  /** The HTTP status, where it is known. */
  readonly status: number | undefined;
  /** Whether another attempt may succeed. */
  readonly retryable: boolean;
  /** How long the service asks to wait, in milliseconds. */
  readonly retryAfter: number | undefined;
  /** Whether the service did no work because it is overloaded. */
  readonly refused: boolean;
  /** The interval of the rate limit that was hit, in milliseconds: 60,000 for "requests per minute". */
  readonly limitInterval: number | undefined;
  readonly requestId: string | undefined;

  /** @param error what was thrown; it is not kept */
  constructor(
    error: unknown,
    { provider, texts }: { readonly provider: string; readonly texts: readonly string[] },
  ) {
    const thrown = (typeof error === "object" && error !== null ? error : { message: error }) as Thrown;
    const { requestID, [retryableMark]: mark } = thrown;
    const status = statusOf(thrown);
    // Node.js quotes what it could not parse: vectors.
    const isUnread = error instanceof SyntaxError;
    // LangChain appends a link.
    const [message = ""] = (isUnread ? "the response is not JSON" : String(thrown.message)).split(
      "\n\nTroubleshooting URL",
    );
    const body = bodyOf(thrown);
    const refusal = readRefusal({
      // An error without a status is not a response.
      status: status ?? 0,
      message: `${message} ${serviceMessage("", Object.values(body)) ?? ""}`,
      facts: errorFacts(body),
      asked: readRetryAfter(headerReader(thrown)),
    });
    const shown = redact(message, { keys: likelyKeys(message), texts });
    super(`${provider}: ${shown}${refusal.noQuota === undefined ? "" : ` (${refusal.noQuota})`}`);
    this.provider = provider;
    this.status = status;
    const isTransient = typeof mark === "boolean" ? mark : mayPass(thrown, status);
    this.retryable = isTransient && refusal.noQuota === undefined;
    this.retryAfter = refusal.retryAfter;
    this.refused = refusal.refused;
    this.limitInterval = refusal.limitInterval;
    this.requestId = typeof requestID === "string" ? requestID : undefined;
  }
}

function statusOf({ status, statusCode, response, $metadata }: Thrown): number | undefined {
  const found = [status, statusCode, response?.status, $metadata?.httpStatusCode];
  return found.find((each) => typeof each === "number");
}

function headerReader({ headers, response }: Thrown): (name: string) => string | undefined {
  const all = headers ?? response?.headers ?? {};
  return (name) => (all instanceof Headers ? (all.get(name) ?? undefined) : all[name]);
}

/** What the service sent, as far as the clients keep it; its message first. */
function bodyOf({ code, type, error, body, errorDetails, response }: Thrown): object {
  return { error, body, response: response?.data, errorDetails, code, type };
}

function mayPass(thrown: Thrown, status: number | undefined): boolean {
  if (status !== undefined) return isTransientStatus(status);
  // A client that fails on a response fails again. What `fetch` cannot reach is a TypeError with a cause.
  return !(thrown instanceof TypeError) || thrown.cause !== undefined;
}
