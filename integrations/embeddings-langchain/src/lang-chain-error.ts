import { readRefusal } from "./refusal.ts";
import { readRetryAfter } from "./read-retry-after.ts";
import { wordsIn } from "./words-in.ts";

type HeaderValues = Headers | Readonly<Record<string, string>>;

/** What is read of an error, by its shape: LangChain and the clients in it have no class in common. */
interface Thrown {
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly requestID?: unknown;
  readonly [retryableMark]?: unknown;
  // The status, where clients of OpenAI and Google, of Cohere and Mistral, axios and Amazon's have it.
  readonly status?: unknown;
  readonly statusCode?: unknown;
  readonly response?: { readonly status?: unknown; readonly data?: unknown; readonly headers?: HeaderValues };
  readonly $metadata?: { readonly httpStatusCode?: unknown };
  // What the service has sent.
  readonly headers?: HeaderValues;
  readonly code?: unknown;
  readonly type?: unknown;
  readonly error?: unknown;
  readonly body?: unknown;
  readonly errorDetails?: unknown;
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
  /** Whether the service has refused the request, as it has too much to do, without any work on it. */
  readonly refused: boolean;
  /** The window of its limit, in milliseconds, where its words name one, as in "requests per minute". */
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
    // Node quotes what it could not parse, which are vectors.
    const isUnread = error instanceof SyntaxError;
    const message = isUnread ? "the answer is not JSON" : String(thrown.message);
    const refusal = readRefusal(status, `${message} ${wordsOf(thrown)}`, readRetryAfter(headersOf(thrown)));
    const end = refusal.isOutOfQuota ? `; ${outOfQuota}` : "";
    super(`${provider}: ${conceal(message, texts)}${end}`);
    this.provider = provider;
    this.status = status;
    const mayPass = typeof mark === "boolean" ? mark : isPassing(thrown, status);
    this.retryable = mayPass && !refusal.isOutOfQuota;
    this.retryAfter = refusal.retryAfter;
    this.refused = refusal.refused;
    this.limitInterval = refusal.limitInterval;
    this.requestId = typeof requestID === "string" ? requestID : undefined;
  }
}

const outOfQuota = "no quota or credit is left there, and waiting does not bring it back";

function statusOf({ status, statusCode, response, $metadata }: Thrown): number | undefined {
  const found = [status, statusCode, response?.status, $metadata?.httpStatusCode];
  return found.find((each) => typeof each === "number");
}

function headersOf({ headers, response }: Thrown): Readonly<Record<string, string>> {
  const all = headers ?? response?.headers ?? {};
  return all instanceof Headers ? Object.fromEntries(all) : all;
}

/** What the service says, its codes among it. */
function wordsOf({ code, type, error, body, errorDetails, response }: Thrown): string {
  return wordsIn({ code, type, error, body, errorDetails, response: response?.data });
}

function isPassing(thrown: Thrown, status: number | undefined): boolean {
  // A client that stumbles over an answer stumbles again; what `fetch` cannot reach is a TypeError with a cause.
  if (status === undefined) return !(thrown instanceof TypeError) || thrown.cause !== undefined;
  // 424: what stands behind the service has failed, as TEI tells it.
  return [408, 409, 424, 429].includes(status) || status >= 500;
}

/** How much of a text in a service's words shows that they repeat the request. */
const telling = 16;
const longest = 300;

/** Whatever a service says, neither a text nor a key is shown, nor the link that LangChain adds. */
function conceal(words: string, texts: readonly string[]): string {
  const shown = plain(words);
  const repeats = texts
    .map(plain)
    .some((text) => text.length >= telling && shown.includes(text.slice(0, telling)));
  if (repeats) return "(what the service says repeats the request, and is not shown)";
  const [said = ""] = words.split("\n\nTroubleshooting URL");
  return said
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
