import { errorProperty, headerOf, readRetryAfter } from "@llx/support";

/**
 * How long an error, or else its cause, asks to wait, in milliseconds: by `retryAfter` if that is a number, otherwise by the
 * headers of its response, or by a `retryAfter` that is the text of such a header. `undefined` if it does not say.
 */
export function retryAfterOf(error: unknown): number | undefined {
  return askedBy(error) ?? askedBy(errorProperty(error, "cause"));
}

function askedBy(error: unknown): number | undefined {
  const retryAfter = errorProperty(error, "retryAfter");
  const header = (name: string): string | undefined =>
    name === "retry-after" && typeof retryAfter === "string" ? retryAfter : headerOf(error, name);
  const asked = typeof retryAfter === "number" ? retryAfter : readRetryAfter(header);
  return asked !== undefined && asked > 0 ? asked : undefined;
}
