/** A service refuses a request for what is in it; 424 is how some tell that the model failed at it. */
const refusals = new Set([400, 413, 422, 424]);
/** Of gateways: the service itself has said nothing. */
const timeouts = new Set([504, 524]);

/**
 * Whether a request may have failed for one of its texts, so that the others may be embedded without it. It says
 * nothing about the texts that a key or a model is wrong, that the service has too much to do, or that no answer came.
 */
export function isAboutTexts(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  const { status, refused } = error as { readonly status?: unknown; readonly refused?: unknown };
  if (typeof status !== "number" || refused === true) return false;
  return refusals.has(status) || (status >= 500 && status <= 599 && !timeouts.has(status));
}
