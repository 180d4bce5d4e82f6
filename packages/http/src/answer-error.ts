import type { ApiError } from "./api-error.ts";
import { errorFacts } from "./error-facts.ts";
import { classForStatus, mayPass } from "./error-for-status.ts";
import { errorWords, type ReadError } from "./error-words.ts";
import { parseJson } from "./json-in.ts";
import { redirectWords } from "./redirect-words.ts";
import { readRefusal } from "./refusal.ts";
import type { ResponseHead } from "./response.ts";
import { exhaustedFor, readRetryAfter } from "./retry-after.ts";
import { shownUrl } from "./shown-url.ts";

/** An answer that is an error, and what is needed to tell it. */
export interface ErrorAnswer {
  readonly provider: string;
  readonly url: URL;
  readonly head: ResponseHead;
  readonly attempt: number | undefined;
  readonly readError: ReadError | undefined;
  readonly conceal: (words: string) => string;
}

/** The most that is looked at of a service's words. */
const longestWords = 20_000;

const noQuotaWords =
  " (the account's quota or credit is used up, and waiting does not bring it back: " +
  "add to it at the service, or use another key)";

/** The error for a status that is not 2xx. */
export function statusError(answer: ErrorAnswer, text: string): ApiError {
  const { provider, url, head, readError, conceal } = answer;
  const { status } = head;
  const what = `${provider} answered ${status}`;
  const elsewhere = redirectWords(answer);
  if (elsewhere !== undefined) {
    return toldError(answer, { what: `${what}: ${elsewhere}`, status, words: "", json: undefined });
  }
  const json = parseJson(text);
  const words = errorWords(text, json, readError) ?? "";
  // Most often it is the address that is wrong.
  const where = status === 404 || status === 405 ? ` at ${conceal(shownUrl(url))}` : "";
  return toldError(answer, { what: what + where, status, words, json });
}

/** The error that an answer of 2xx holds, which counts as if its status were the code in it. */
export function heldError(answer: ErrorAnswer, json: unknown): ApiError {
  const { provider, head, readError } = answer;
  const { code } = errorFacts(json);
  const words = errorWords("", json, readError) ?? "";
  const what = `${provider} answered ${head.status} with an error${code === undefined ? "" : ` (${code})`}`;
  return toldError(answer, { what, status: code, words, json });
}

interface Told {
  readonly what: string;
  /** Of the answer, or of the error within; `undefined` where that has none. */
  readonly status: number | undefined;
  readonly words: string;
  readonly json: unknown;
}

function toldError(
  { provider, head, attempt, conceal }: ErrorAnswer,
  { what, status, words, json }: Told,
): ApiError {
  const { requestId, rateLimits, header } = head;
  const { noQuota, refused, ...waits } = readRefusal({
    status,
    words: words.slice(0, longestWords),
    facts: errorFacts(json),
    asked: readRetryAfter(header),
    exhausted: exhaustedFor(rateLimits),
  });
  const meant = status ?? (noQuota ? 429 : 500);
  const retryable = !noQuota && (shouldRetry(head) ?? mayPass(meant));
  const shown = (words && `: ${conceal(words)}`) + (noQuota ? noQuotaWords : "");
  return new (classForStatus(meant))(what + shown, {
    provider,
    status: status ?? head.status,
    requestId,
    attempt,
    retryable,
    refused: refused && retryable,
    ...waits,
    rateLimits,
  });
}

/** What the service says of trying again. */
export function shouldRetry(head: ResponseHead | undefined): boolean | undefined {
  const value = head?.header("x-should-retry")?.trim().toLowerCase();
  return value === "true" ? true : value === "false" ? false : undefined;
}
