import { errorProperty, statusOf } from "@llx/support";

/** Whether an error looks like a service that has too much to do: by its status, or as a time-out; or its cause does. */
export function saysOverload(error: unknown): boolean {
  return isOverloaded(error) || isOverloaded(errorProperty(error, "cause"));
}

function isOverloaded(error: unknown): boolean {
  const status = statusOf(error);
  if (status === 429 || status === 503 || status === 529) return true;
  const name = errorProperty(error, "name");
  return typeof name === "string" && name.endsWith("TimeoutError");
}
