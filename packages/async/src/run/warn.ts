/** Emits a warning. It is printed when the promise resolves, even if the process then ends with an uncaught error. */
export function warn(message: string, type: string, code: string): Promise<void> {
  process.emitWarning(message, { type, code });
  // Node.js prints it on the next tick.
  return new Promise((resolve) => process.nextTick(resolve));
}
