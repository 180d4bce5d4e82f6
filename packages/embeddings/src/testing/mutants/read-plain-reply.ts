import type { ObservedRates } from "@llx/async";
import { parseLooseJson } from "../../response/parse-loose-json.ts";
import { PlainError, type PlainReply } from "./plain-post.ts";

/**
 * The body of a response, the id of its request, and the rate limits that it reports.
 *
 * @throws PlainError for a refusal, an error with status 200, and a body that is not JSON
 */
export function readReply({ status, headers, text }: PlainReply): {
  readonly body: unknown;
  readonly requestId: string | undefined;
  readonly rateLimits: ObservedRates | undefined;
} {
  const requestId = [headers["x-request-id"]].flat()[0];
  if (status !== 200) {
    const error = new PlainError(
      `plain has refused the request (${status})`,
      status,
      (status === 429 && !text.includes("insufficient_quota")) || status >= 500,
    );
    error.requestId = requestId;
    error.retryAfter = retryAfter(headers);
    throw error;
  }
  const body = readJson(text);
  if (body === undefined) {
    throw new PlainError("plain responded with something that is not JSON", status, true);
  }
  const { error: failed } = (body ?? {}) as { readonly error?: { readonly code?: number } };
  if (failed !== undefined) throw new PlainError("plain has failed", status, Number(failed.code) >= 500);
  return { body, requestId, rateLimits: rateLimitsIn(headers) };
}

/** Those of requests, which reset in seconds. */
function rateLimitsIn(headers: PlainReply["headers"]): ObservedRates | undefined {
  const [limit, remaining, reset] = ["limit", "remaining", "reset"].map((part) =>
    Number.parseInt(String(headers[`x-ratelimit-${part}-requests`]), 10),
  ) as [number, number, number];
  return Number.isNaN(limit) ? undefined : { requests: { limit, remaining, reset: reset * 1000 } };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return parseLooseJson(text);
  }
}

function retryAfter(headers: PlainReply["headers"]): number | undefined {
  const milliseconds = headers["retry-after-ms"];
  if (milliseconds !== undefined) return Number(milliseconds);
  const seconds = headers["retry-after"];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
