import { errorProperty, hasCode, statusOf } from "@llx/support";

/** Codes of errors before a connection exists. */
const unreached: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/**
 * Whether a failed request costs nothing for certain: the service has refused it or has failed itself, or was not
 * reached. A request that was aborted, timed out or lost its connection may have been answered, and billed.
 */
export function isUnbilled(error: unknown): boolean {
  if (errorProperty(error, "refused") === true) return true;
  if ((statusOf(error) ?? 0) >= 400) return true;
  // The code is on the error of the connection, which may be a cause.
  return hasCode(error, unreached);
}
