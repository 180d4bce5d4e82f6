import type { JobOptions } from "./job-options.ts";
import { type RunningProgress, safe, startProgress } from "../progress/running-progress.ts";

/** Counts and reports the finished jobs of a call. An error of the receiver never stops the work. */
export class JobProgress {
  readonly #shown: RunningProgress | undefined;
  readonly #onProgress: JobOptions["onProgress"];
  readonly #safely: ReturnType<typeof safe> = safe();
  readonly #total: number | undefined;
  #done = 0;
  #failed = 0;

  private constructor(
    shown: RunningProgress | undefined,
    onProgress: JobOptions["onProgress"],
    total: number | undefined,
  ) {
    this.#shown = shown;
    this.#onProgress = onProgress;
    this.#total = total;
  }

  /** `undefined` if no progress was requested. */
  static async of(options: JobOptions, size: number | undefined): Promise<JobProgress | undefined> {
    const { showProgress, onProgress, total = size, desc } = options;
    if (!showProgress && onProgress === undefined) return undefined;
    return new JobProgress(await startProgress(showProgress, total, desc), onProgress, total);
  }

  /** @param failed 1 if the job has failed */
  advance(failed: 0 | 1): void {
    this.#done++;
    this.#failed += failed;
    const onProgress = this.#onProgress;
    if (onProgress !== undefined) {
      this.#safely(() => onProgress({ done: this.#done, failed: this.#failed, total: this.#total }));
    }
    this.#shown?.advance(1, failed);
  }

  /** How long until a job may start, in milliseconds; `undefined`: jobs start again. */
  pause(milliseconds: number | undefined): void {
    this.#shown?.pause(milliseconds);
  }

  /** @param milliseconds how long a call that was stopped awaits at most what still runs */
  stopping(milliseconds: number): void {
    this.#shown?.stopping(milliseconds);
  }

  stop(): void {
    this.#shown?.stop();
  }
}
