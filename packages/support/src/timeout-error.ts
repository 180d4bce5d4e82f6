/** @param cause the last failure before it, if there was one */
export function timeoutError(message: string, cause?: unknown): DOMException {
  const error = new DOMException(message, "TimeoutError");
  if (cause !== undefined) {
    Object.defineProperty(error, "cause", { value: cause, configurable: true });
    // Whatever its cause is: it counts as an attempt of whoever makes the call again.
    Object.defineProperty(error, "refused", { value: false, configurable: true });
  }
  return error;
}
