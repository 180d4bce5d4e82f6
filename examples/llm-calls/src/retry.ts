import type { RetryOptions } from "@llx/async";
import { APICallError } from "ai";

/** The only layer that retries: errors the service calls temporary, after the wait it asks for. */
export const retry: RetryOptions = {
  delay: 10,
  shouldRetry: (error) => APICallError.isInstance(error) && error.isRetryable,
  retryAfter: (error) => (APICallError.isInstance(error) ? askedWait(error.responseHeaders) : undefined),
};

/** In milliseconds. Some services send them beside the standard's whole seconds. */
function askedWait(headers: Record<string, string> = {}): number | undefined {
  const { "retry-after-ms": milliseconds, "retry-after": seconds } = headers;
  if (milliseconds !== undefined) return Number(milliseconds);
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
