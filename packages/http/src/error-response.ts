import {
  type ErrorFacts,
  errorFacts,
  isTransientStatus,
  parseCutJson,
  readRefusal,
  readRetryAfter,
  serviceMessage,
  timeToReset,
} from "@llx/support";
import type { ReadError, ReadRetryAfter } from "./http-options.ts";
import type { ApiError } from "./api-error.ts";
import { classForStatus } from "./error-for-status.ts";
import { redirectHint } from "./redirect-hint.ts";
import type { ResponseHead } from "./response.ts";
import { shownUrl } from "./shown-url.ts";

/** A response that is an error, and what its message needs. */
export interface ErrorResponse {
  readonly provider: string;
  readonly url: URL;
  readonly head: ResponseHead;
  readonly attempt: number | undefined;
  readonly readError: ReadError | undefined;
  readonly readWait: ReadRetryAfter | undefined;
  readonly redact: (message: string) => string;
}

/** The error for a status that is not 2xx. */
export function statusError(response: ErrorResponse, text: string): ApiError {
  const { provider, url, head, readError, redact } = response;
  const { status } = head;
  const what = `${provider} responded with ${status}`;
  const redirect = redirectHint(head, url, redact);
  if (redirect !== undefined) {
    return toError(response, {
      what: `${what}: ${redirect}`,
      status,
      message: "",
      facts: errorFacts(undefined),
      body: undefined,
    });
  }
  const json = parseCutJson(text);
  const message = serviceMessage(text, json, readError) ?? "";
  // Usually the address is wrong.
  const where = status === 404 || status === 405 ? ` at ${redact(shownUrl(url))}` : "";
  return toError(response, {
    what: what + where,
    status,
    message,
    facts: errorFacts(json),
    body: json ?? text,
  });
}

/** The error within a response of 2xx. The code in it counts as its status. */
export function errorInBody(response: ErrorResponse, json: unknown): ApiError {
  const { provider, head, readError } = response;
  const facts = errorFacts(json);
  const { code } = facts;
  const message = serviceMessage("", json, readError) ?? "";
  const what = `${provider} responded with ${head.status} and an error${code === undefined ? "" : ` (${code})`}`;
  return toError(response, { what, status: code, message, facts, body: json });
}

interface Report {
  readonly what: string;
  /** The status of the response, or of the error in it; `undefined` if that has none. */
  readonly status: number | undefined;
  readonly message: string;
  readonly facts: ErrorFacts;
  /** As `readError` and `readRetryAfter` are given it. */
  readonly body: unknown;
}

function toError(
  { provider, head, attempt, redact, readWait }: ErrorResponse,
  { what, status, message, facts, body }: Report,
): ApiError {
  const { requestId, rateLimits, header } = head;
  const { noQuota, refused, ...waits } = readRefusal({
    status,
    message,
    facts,
    asked: readRetryAfter(header) ?? waitIn(body, readWait),
    toReset: timeToReset(rateLimits),
  });
  const effective = status ?? (noQuota === undefined ? 500 : 429);
  const retryable = noQuota === undefined && (shouldRetry(head) ?? isTransientStatus(effective));
  const shown = (message && `: ${redact(message)}`) + (noQuota === undefined ? "" : ` (${noQuota})`);
  return new (classForStatus(effective, facts.marks))(what + shown, {
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

/** A reader that throws, or finds no time, has found none. */
function waitIn(body: unknown, read: ReadRetryAfter | undefined): number | undefined {
  try {
    const wait: unknown = read?.(body);
    return typeof wait === "number" && Number.isFinite(wait) && wait > 0 ? wait : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the service asks for a retry or rules it out; `undefined` if it does neither. */
export function shouldRetry(head: ResponseHead | undefined): boolean | undefined {
  const value = head?.header("x-should-retry")?.trim().toLowerCase();
  return value === "true" ? true : value === "false" ? false : undefined;
}
