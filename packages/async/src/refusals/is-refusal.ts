import { errorProperty, statusOf } from "@llx/support";
import { retryAfterOf } from "./retry-after-of.ts";

/**
 * Whether an error means that an overloaded service has refused the work: by `error.refused` if that is a boolean, otherwise by
 * its status: 429; or 503 or 529 with a wait (`retryAfter`) or a message about overload. An error whose `retryable` is `false`
 * is no refusal: waiting does not restore a quota. If the error says neither, its cause counts.
 */
export function isRefusal(error: unknown): boolean {
  return refusedBy(error) ?? refusedBy(errorProperty(error, "cause")) ?? false;
}

const overload =
  /overload|too many requests|rate.?limit|capacity|busy|(?:loading|warming) ?up|is (?:currently )?loading|try again later/i;

function refusedBy(error: unknown): boolean | undefined {
  const refused = errorProperty(error, "refused");
  if (typeof refused === "boolean") return refused;
  const status = statusOf(error);
  if (status === undefined) return undefined;
  if (errorProperty(error, "retryable") === false) return false;
  if (status === 429) return true;
  if (status !== 503 && status !== 529) return false;
  const message = errorProperty(error, "message");
  return retryAfterOf(error) !== undefined || (typeof message === "string" && overload.test(message));
}

/** The window in which the service counts, in milliseconds, if an error or its cause names it. */
export function limitIntervalOf(error: unknown): number | undefined {
  const named =
    errorProperty(error, "limitInterval") ?? errorProperty(errorProperty(error, "cause"), "limitInterval");
  return typeof named === "number" && named > 0 ? named : undefined;
}
