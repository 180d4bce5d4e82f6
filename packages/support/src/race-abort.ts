import { unwatchAbort, watchAbort } from "./watch-abort.ts";

/**
 * The result of work that cannot be stopped, unless the signal is aborted first. Then the work continues unobserved.
 *
 * @throws the signal's reason; the error of the work
 */
export function raceAbort<T>(work: PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      work.then(undefined, () => {});
      return;
    }
    const waiting = { aborted: reject };
    const stopWatching = (): void => {
      if (signal !== undefined) unwatchAbort(signal, waiting);
    };
    if (signal !== undefined) watchAbort(signal, waiting);
    work.then(
      (result) => {
        stopWatching();
        resolve(result);
      },
      (error: unknown) => {
        stopWatching();
        reject(error);
      },
    );
  });
}
