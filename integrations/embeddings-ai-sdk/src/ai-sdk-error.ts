import { readRefusal } from "./refusal.ts";
import { readRetryAfter } from "./read-retry-after.ts";
import { wordsIn } from "./words-in.ts";

/** What is read of an error of the AI SDK, by its shape: it may come from any version. */
interface SdkError {
  readonly statusCode?: unknown;
  readonly isRetryable?: unknown;
  readonly responseHeaders?: Readonly<Record<string, string>> | undefined;
  readonly responseBody?: unknown;
  /** What the SDK's provider has understood of the body. */
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
 * What a request through the AI SDK has failed with. The SDK's own errors hold the texts of the request and all
 * that the service has sent: so this has only what can be shown.
 */
export class AiSdkError extends Error {
  override readonly name = "AiSdkError";
  readonly provider: string;
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** Whether another try may go well: by the SDK, and not where a quota is used up. */
  readonly retryable: boolean;
  /** How long the service asks to wait, in milliseconds. */
  readonly retryAfter: number | undefined;
  /** Whether the service has refused the request, as it has too much to do, without any work on it. */
  readonly refused: boolean;
  /** The window of its limit, in milliseconds, where its words name one, as in "requests per minute". */
  readonly limitInterval: number | undefined;
  readonly requestId: string | undefined;

  private constructor(error: Error & SdkError, { provider, texts, headers: given = {} }: Attempt) {
    const { statusCode, isRetryable, message, cause } = error;
    // The answer to the gateway's request stands in its cause.
    const answered = error.responseHeaders === undefined ? (cause as SdkError | undefined) : error;
    const headers = answered?.responseHeaders ?? {};
    const body = parseJson(answered?.responseBody);
    const inBody = statusCode === 200 ? statusIn(body) : undefined;
    const status = inBody ?? (typeof statusCode === "number" ? statusCode : undefined);
    // Where the SDK's provider knows another form of errors only, its message is that of the status.
    const words = answered === error && error.data === undefined ? wordsIn(body) || message : message;
    const refusal = readRefusal(status, `${words} ${wordsIn(body)}`, readRetryAfter(headers));
    const said = conceal(words, [...texts, ...Object.values(given)]);
    const end = refusal.isOutOfQuota ? `; ${outOfQuota}` : "";
    super(status === undefined ? `${provider}: ${said}` : `${provider} answered ${status}: ${said}${end}`);
    this.provider = provider;
    this.status = status;
    // An answer that has broken off, or the page of a gateway, may be a good one the next time.
    const mayPass =
      isRetryable === true ||
      isPassing(inBody) ||
      status === failedBackend ||
      nameOf(cause) === "AI_JSONParseError";
    this.retryable = mayPass && !refusal.isOutOfQuota;
    this.retryAfter = refusal.retryAfter;
    this.refused = refusal.refused;
    this.limitInterval = refusal.limitInterval;
    this.requestId = headers["x-request-id"];
  }

  /** An error of the SDK as one of these; any other as it is. */
  static of(error: unknown, attempt: Attempt): unknown {
    if (!(error instanceof Error) || !(marker in error || "isRetryable" in error)) return error;
    // A layer of the SDK that has tried several times tells what came last.
    const { lastError } = error as SdkError;
    return lastError instanceof Error ? this.of(lastError, attempt) : new this(error, attempt);
  }
}

const outOfQuota = "no quota or credit is left there, and waiting does not bring it back";

/** What a service answers of which another one, behind it, has failed, as TEI does; the SDK takes it for a bad request. */
const failedBackend = 424;

/** Of an error that came in spite of the answer's own status. */
function statusIn(body: unknown): number | undefined {
  const code = (body as { error?: { code?: unknown } } | null | undefined)?.error?.code;
  return typeof code === "number" ? code : undefined;
}

function isPassing(status = 0): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

function parseJson(text: unknown): unknown {
  try {
    return typeof text === "string" ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
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
  const shown = plain(words);
  const repeats = secrets
    .map(plain)
    .some((secret) => secret.length >= telling && shown.includes(secret.slice(0, telling)));
  if (repeats) return "(what the service says repeats the request, and is not shown)";
  return words
    .replace(/\bBearer\s+\S+/gi, "Bearer [redacted]")
    .replaceAll(/[\w-]+/g, (run) => (looksLikeKey(run) ? "[redacted]" : run))
    .slice(0, longest);
}

/** A key is a long mix of letters and digits; names of models, limits and addresses are words with signs between them. */
function looksLikeKey(run: string): boolean {
  return run.split(/[-_]/).some((part) => part.length >= telling && /\d/.test(part) && /[a-z]/i.test(part));
}

/** On one line, as it was before it was quoted as JSON. */
function plain(text: string): string {
  return text.replaceAll(/\\+[nrt]|\s+/g, " ").replaceAll(/\\+(["'/\\])/g, "$1");
}
