import { isUnreached } from "@llx/async";
import { errorProperty, statusOf } from "@llx/support";

/**
 * Whether a failed request costs nothing for certain: the service has refused it or has failed itself, or was not
 * reached. A request that was aborted, timed out or lost its connection may have been answered, and billed.
 */
export function isUnbilled(error: unknown): boolean {
  if (errorProperty(error, "refused") === true) return true;
  if ((statusOf(error) ?? 0) >= 400) return true;
  return isUnreached(error);
}
