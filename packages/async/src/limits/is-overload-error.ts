import { errorProperty, statusOf } from "@llx/support";

/** Whether an error, or its cause, says that a service is overloaded: by its status, or as a timeout. */
export function isOverloadError(error: unknown): boolean {
  return saysOverload(error) || saysOverload(errorProperty(error, "cause"));
}

function saysOverload(error: unknown): boolean {
  const status = statusOf(error);
  if (status === 429 || status === 503 || status === 529) return true;
  const name = errorProperty(error, "name");
  return typeof name === "string" && name.endsWith("TimeoutError");
}
