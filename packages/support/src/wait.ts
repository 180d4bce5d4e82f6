import { timerDelay } from "./timer-delay.ts";
import { unwatchAbort, watchAbort } from "./watch-abort.ts";

/** Waits for a time in milliseconds. An abort ends the wait at once, with the signal's reason. */
export function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const waiting = { aborted: (reason: unknown) => end(() => reject(reason)) };
    const timer = setTimeout(() => end(resolve), timerDelay(milliseconds));
    if (signal !== undefined) watchAbort(signal, waiting);

    function end(settle: () => void): void {
      clearTimeout(timer);
      if (signal !== undefined) unwatchAbort(signal, waiting);
      settle();
    }
  });
}
