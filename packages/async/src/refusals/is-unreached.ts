import { hasCode } from "@llx/support";

/** Codes of errors before a connection exists. */
const codes: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/**
 * Whether an error, or its cause, says that a service was not reached, so that it has done no work: by the `code` of Node.js, such
 * as `ECONNREFUSED`. The errors of `fetch` have it in their cause.
 *
 * @example A server that restarts fails no job.
 * ```ts
 * const patient: RetryOptions = { isRefusal: (error) => isRefusal(error) || isUnreached(error) };
 * ```
 */
export function isUnreached(error: unknown): boolean {
  return hasCode(error, codes);
}
