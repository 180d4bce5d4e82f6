/** What is read of an error, by its shape: LangChain and the clients in it have no class in common. */
interface Thrown {
  readonly message?: unknown;
  readonly status?: unknown;
  readonly headers?: Headers | Readonly<Record<string, string>>;
  readonly requestID?: unknown;
  readonly [retryableMark]?: unknown;
}

/** Where LangChain marks errors. */
const retryableMark = Symbol.for("langchain.errors.retryable");

/**
 * What a request through LangChain has failed with. The errors of its clients may hold the texts of the request and
 * its key: so this has only what can be shown.
 */
export class LangChainError extends Error {
  override readonly name = "LangChainError";
  readonly provider: string;
  /** The HTTP status, where it is known. */
  readonly status: number | undefined;
  /** Whether another try may go well. */
  readonly retryable: boolean;
  /** How long the service asks to wait, in milliseconds. */
  readonly retryAfter: number | undefined;
  readonly requestId: string | undefined;

  /** @param error what was thrown; it is not kept */
  constructor(
    error: unknown,
    { provider, texts }: { readonly provider: string; readonly texts: readonly string[] },
  ) {
    const thrown = (typeof error === "object" && error !== null ? error : { message: error }) as Thrown;
    const { status, requestID, headers, [retryableMark]: mark } = thrown;
    super(`${provider}: ${conceal(String(thrown.message), texts)}`);
    this.provider = provider;
    this.status = typeof status === "number" ? status : undefined;
    this.retryable = typeof mark === "boolean" ? mark : isPassing(this.status);
    this.retryAfter = readRetryAfter(headers);
    this.requestId = typeof requestID === "string" ? requestID : undefined;
  }
}

function isPassing(status: number | undefined): boolean {
  return status === undefined || status === 408 || status === 409 || status === 429 || status >= 500;
}

/** By `retry-after-ms`, or by `retry-after` in seconds or as a date. */
function readRetryAfter(headers: Thrown["headers"]): number | undefined {
  if (headers === undefined) return undefined;
  const all = headers instanceof Headers ? Object.fromEntries(headers) : headers;
  const { "retry-after-ms": milliseconds = "", "retry-after": after = "" } = all;
  const wait = isNumber(milliseconds)
    ? Number(milliseconds)
    : isNumber(after)
      ? Number(after) * 1000
      : // Only what looks like a date: Date.parse reads a meaning into "-5".
        /^[A-Za-z]{3},? /.test(after)
        ? Date.parse(after) - Date.now()
        : 0;
  return wait > 0 ? wait : undefined;
}

function isNumber(value: string): boolean {
  return /^\d+(\.\d+)?$/.test(value);
}

/** How much of a text in a service's words shows that they repeat the request. */
const telling = 16;
const longest = 300;

/** Whatever a service says, neither a text nor a key is shown, nor the link that LangChain adds. */
function conceal(words: string, texts: readonly string[]): string {
  const repeats = texts.some((text) => text.length >= telling && words.includes(text.slice(0, telling)));
  if (repeats) return "(what the service says repeats the request, and is not shown)";
  const [said = ""] = words.split("\n\nTroubleshooting URL");
  return said.replace(/\bBearer\s+\S+/gi, "Bearer [redacted]").slice(0, longest);
}
