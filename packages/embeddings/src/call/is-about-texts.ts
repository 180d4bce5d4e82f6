import { errorProperty } from "@llx/support";

/** A service refuses a request because of its content; some use 424 if the model failed on it. */
const refusals = new Set([400, 413, 422, 424]);
/** Statuses of gateways: the service itself has not responded. */
const timeouts = new Set([504, 524]);

/**
 * Whether one of the texts may have made a request fail, so that the others may be embedded without it. A wrong key or
 * model, an overloaded service and a missing response have nothing to do with the texts.
 */
export function isAboutTexts(error: unknown): boolean {
  if (errorProperty(error, "ofText") === true) return true;
  const status = errorProperty(error, "status");
  if (typeof status !== "number" || errorProperty(error, "refused") === true) return false;
  // Google's status for a wrong key is 400.
  if (errorProperty(error, "name") === "AuthenticationError") return false;
  return refusals.has(status) || (status >= 500 && status <= 599 && !timeouts.has(status));
}
