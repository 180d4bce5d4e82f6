import { describeThrown } from "@llx/support";

/** A failure after the first one of a call, and before its end. */
export interface SiblingError {
  /** Index of the job that failed; `undefined` if closing the inputs failed. */
  readonly index: number | undefined;
  readonly error: unknown;
}

/**
 * Attaches later errors of a call to the first one, as its property `siblingErrors`: it stays the same object of the
 * same class. If that is impossible, each is reported as a warning.
 */
export function attachSiblingErrors(first: unknown, errors: readonly SiblingError[]): void {
  if (errors.length === 0) return;
  if (attached(first, errors)) return;
  for (const { index, error } of errors) {
    const what = index === undefined ? "closing the inputs" : `job ${index}`;
    process.emitWarning(`${what} failed too, after the call had failed: ${describeThrown(error)}`, {
      type: "SiblingFailed",
      code: "LLX_SIBLING_FAILED",
    });
  }
}

/** Returns whether the first error now has the others. */
function attached(first: unknown, errors: readonly SiblingError[]): boolean {
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
    // A hostile value that cannot be read.
    return false;
  }
}
