import { expect, vi } from "vitest";

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
export const never = (): Promise<never> => new Promise(() => {});

/** A promise that settles when its signal is aborted. */
export const untilAborted = ({ signal }: { readonly signal: AbortSignal }): Promise<never> =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

/** The rejection of a promise, wrapped because it may be `undefined`. */
export const rejectionOf = async (promise: Promise<unknown>): Promise<{ readonly error: unknown }> =>
  promise.then(
    () => expect.fail("it was not rejected"),
    (error: unknown) => ({ error }),
  );

export const aggregateOf = async (promise: Promise<unknown>): Promise<AggregateError> => {
  const { error } = await rejectionOf(promise);
  return error as AggregateError;
};

export const signalListeners = (): number[] =>
  ["SIGINT", "SIGTERM"].map((name) => process.listenerCount(name));
export const send = (name: "SIGINT" | "SIGTERM"): boolean => process.emit(name, name);

/** Call it after each test. @throws Error for a leaked listener */
export function cleanUp(): void {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  process.exitCode = undefined;
  if (signalListeners().some((count) => count > 0)) throw new Error("a listener has leaked");
}
