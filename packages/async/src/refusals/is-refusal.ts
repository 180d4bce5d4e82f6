import { errorProperty, statusOf } from "@llx/support";

/**
 * Whether an error says that a service has refused to work, as it has too much to do: by `error.refused` where that is a boolean, else by
 * its status: 429; and 503 or 529 with a wait, or words of overload. What is not `retryable` is no such refusal: waiting
 * brings no quota. The error's cause counts too.
 */
export function isRefusal(error: unknown): boolean {
  return told(error) ?? told(errorProperty(error, "cause")) ?? false;
}

const overload =
  /overload|too many requests|rate.?limit|capacity|busy|(?:loading|warming) ?up|is (?:currently )?loading|try again later/i;

function told(error: unknown): boolean | undefined {
  const refused = errorProperty(error, "refused");
  if (typeof refused === "boolean") return refused;
  const status = statusOf(error);
  if (status === undefined) return undefined;
  if (errorProperty(error, "retryable") === false) return false;
  if (status === 429) return true;
  if (status !== 503 && status !== 529) return false;
  const [wait, message] = [errorProperty(error, "retryAfter"), errorProperty(error, "message")];
  return (typeof wait === "number" && wait > 0) || (typeof message === "string" && overload.test(message));
}

/** The window in which the service counts, in milliseconds, where an error or its cause names it. */
export function limitIntervalOf(error: unknown): number | undefined {
  const named =
    errorProperty(error, "limitInterval") ?? errorProperty(errorProperty(error, "cause"), "limitInterval");
  return typeof named === "number" && named > 0 ? named : undefined;
}
