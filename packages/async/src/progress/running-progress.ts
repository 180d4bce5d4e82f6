import { isThenable } from "@llx/support";
import { progressFor } from "./progress-for.ts";
import type { Progress } from "./progress.ts";

/** The progress of a call that is running. Its methods never throw. */
export interface RunningProgress {
  /**
   * @param failed how many of the steps have failed; 0 by default
   * @param cached how many of them took no work, so that they say nothing of the rate; 0 by default
   */
  advance(steps: number, failed?: number, cached?: number): void;
  /** @param milliseconds until the next attempt; `undefined` when the service accepts requests again */
  pause(milliseconds: number | undefined): void;
  /** @param milliseconds how long the call, which has failed or was aborted, awaits at most what still runs */
  stopping(milliseconds: number): void;
  /** The call has ended, or has failed. */
  stop(): void;
}

/**
 * Starts the progress that an option `showProgress` asks for, for functions of your own that have this option.
 *
 * @param showProgress `true` shows a bar on stderr; `false` and `undefined` show nothing
 * @param total the number of steps; `undefined` if it is unknown
 * @param desc the label of the bar
 * @returns `undefined` if nothing is shown
 * @throws TypeError for an invalid `showProgress`; an error of your own `Progress` is only a warning
 *
 * @example
 * ```ts
 * const progress = await startProgress(true, urls.length, "pages");
 * for (const url of urls) {
 *   await fetch(url);
 *   progress?.advance(1);
 * }
 * progress?.stop();
 * ```
 */
export async function startProgress(
  showProgress: boolean | Progress | undefined,
  total: number | undefined,
  desc?: string,
): Promise<RunningProgress | undefined> {
  const progress = await progressFor(showProgress);
  if (progress === undefined) return undefined;
  const safely = safe();
  safely(() => progress.start(total, desc));
  return {
    advance: (steps, failed = 0, cached = 0) => safely(() => progress.advance(steps, failed, cached)),
    pause: (milliseconds) => safely(() => progress.pause?.(milliseconds)),
    stopping: (milliseconds) => safely(() => progress.stopping?.(milliseconds)),
    // Also after a failure, so that no bar remains.
    stop: () => safely(() => progress.stop(), true),
  };
}

/** Calls a receiver of progress until it has failed: an error of it never stops the work. */
export function safe(): (tell: () => unknown, always?: boolean) => void {
  let hasFailed = false;
  const fail = (error: unknown): void => {
    if (hasFailed) return;
    hasFailed = true;
    process.emitWarning(`progress is no longer reported, because its receiver failed: ${String(error)}`, {
      type: "ProgressFailed",
      code: "LLX_PROGRESS_FAILED",
    });
  };
  return (tell, always = false) => {
    if (hasFailed && !always) return;
    try {
      const told = tell();
      if (isThenable(told)) told.then(undefined, fail);
    } catch (error) {
      fail(error);
    }
  };
}
