import { describeThrown } from "@llx/support";

/** A failure that came after the first one of its call, before the call was over. */
export interface SiblingError {
  /** Which job failed; `undefined` where the inputs could not be closed. */
  readonly index: number | undefined;
  readonly error: unknown;
}

/**
 * Lets the first error of a call carry those that came after it, as its property `siblingErrors`: it stays the
 * same object of the same class. What cannot be carried is reported as a warning.
 */
export function attachSiblingErrors(first: unknown, errors: readonly SiblingError[]): void {
  if (errors.length === 0) return;
  if (carries(first, errors)) return;
  for (const { index, error } of errors) {
    const what = index === undefined ? "closing the inputs" : `job ${index}`;
    process.emitWarning(`${what} failed too, after the call had failed: ${describeThrown(error)}`, {
      type: "SiblingFailed",
      code: "LLX_SIBLING_FAILED",
    });
  }
}

/** Whether the first error carries the others now. */
function carries(first: unknown, errors: readonly SiblingError[]): boolean {
  try {
    if (!(first instanceof Error) || !Object.isExtensible(first)) return false;
    const before: unknown = Reflect.get(first, "siblingErrors");
    const value = Array.isArray(before) ? [...before, ...errors] : errors;
    return Reflect.defineProperty(first, "siblingErrors", {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  } catch {
    // It cannot be looked at.
    return false;
  }
}
