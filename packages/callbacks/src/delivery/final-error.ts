import { describeThrown, errorProperty, isObject } from "@llx/support";

/**
 * What a handler has thrown into the work, with `retryable: false` unless it says otherwise: retries would repeat, and pay
 * for, work that may be done. An error that takes no mark becomes the cause of one that does.
 */
export function finalError(error: unknown): unknown {
  if (errorProperty(error, "retryable") !== undefined) return error;
  const mark = { value: false, writable: true, configurable: true };
  if (isObject(error) && Reflect.defineProperty(error, "retryable", mark)) return error;
  const message = `a handler failed: ${describeThrown(error)}`;
  return Object.assign(new Error(message, { cause: error }), { retryable: false });
}
