import type { CallbackManager } from "@llx/callbacks";
import {
  checkCount,
  checkFunction,
  checkMilliseconds,
  checkSignal,
  checkTimeout,
  describe,
} from "./checks.ts";
import type { Progress } from "./progress.ts";
import { Semaphore } from "./semaphore.ts";

export interface JobOptions {
  /**
   * How many jobs run at once: a number, by default 4; or a {@link Semaphore} that several calls share, of
   * which each job takes one permit.
   */
  readonly workers?: number | Semaphore | undefined;
  /** Its abort stops the call: nothing more is started, what runs is aborted and awaited. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long a job may take, in milliseconds. Then its signal is aborted, and it counts as failed with a
   * `TimeoutError`; its slot stays taken until it has settled, or has ignored its signal for `grace`.
   */
  readonly timeout?: number | undefined;
  /**
   * After a failure, an abort or a time-out: how long to wait for jobs that ignore their signal, in
   * milliseconds. Then they are left behind, and a warning names them. Default 10,000; `Infinity` waits for ever.
   */
  readonly grace?: number | undefined;
  /** `true` shows a bar on stderr; or give a {@link Progress} of your own. */
  readonly showProgress?: boolean | Progress | undefined;
  /** Words beside the progress bar. */
  readonly desc?: string | undefined;
  /** How many inputs there are, where they cannot tell themselves. */
  readonly total?: number | undefined;
  /** Is told after each job, failed or not, how many are done. */
  readonly onProgress?: ((progress: JobsDone) => void) | undefined;
  /** Is told of an `async_job` event for each job. Default: the manager of the current trace. */
  readonly callbackManager?: CallbackManager | undefined;
}

/** How far a call has come. */
export interface JobsDone {
  readonly done: number;
  /** `undefined` where nobody knows. */
  readonly total: number | undefined;
}

export interface SettleOption {
  /** `true`: a failure stops nothing, and each outcome stands at its input's place. */
  readonly settle: true;
}

export const defaultWorkers = 4;
export const defaultGrace = 10_000;

/** @throws TypeError or RangeError that says what was given and what is allowed */
export function checkJobOptions(options: JobOptions): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`options must be an object, not ${describe(options)}`);
  }
  const { workers, timeout, grace, total, signal, onProgress } = options;
  if (typeof workers === "object" && !(workers instanceof Semaphore)) {
    throw new TypeError(`workers must be a number or a Semaphore, not ${describe(workers)}`);
  }
  if (workers !== undefined && typeof workers !== "object") checkCount("workers", workers);
  if (timeout !== undefined) checkTimeout("timeout", timeout);
  if (grace !== undefined) checkMilliseconds("grace", grace);
  if (total !== undefined) checkCount("total", total, 0);
  if (onProgress !== undefined) checkFunction("onProgress", onProgress);
  checkSignal(signal);
}
