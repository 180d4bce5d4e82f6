import { errorProperty } from "@llx/support";

/** A service refuses a request for its content; some use 424 where the model failed at it. */
const refusals = new Set([400, 413, 422, 424]);
/** Of gateways: the service itself has not responded. */
const timeouts = new Set([504, 524]);

/**
 * Whether one of the texts may have made a request fail, so that the others may be embedded without it. A wrong key or
 * model, an overloaded service and a missing response have nothing to do with the texts.
 */
export function isAboutTexts(error: unknown): boolean {
  const status = errorProperty(error, "status");
  if (typeof status !== "number" || errorProperty(error, "refused") === true) return false;
  return refusals.has(status) || (status >= 500 && status <= 599 && !timeouts.has(status));
}
