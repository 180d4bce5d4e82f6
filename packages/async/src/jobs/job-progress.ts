import { isThenable } from "@llx/support";
import type { JobOptions } from "./job-options.ts";
import type { Progress } from "../progress/progress.ts";
import { progressFor } from "../progress/progress-for.ts";

/** Counts and reports the finished jobs of a call. An error of the receiver never stops the work. */
export class JobProgress {
  readonly #shown: Progress | undefined;
  readonly #onProgress: JobOptions["onProgress"];
  readonly #total: number | undefined;
  #done = 0;
  #failed = false;

  private constructor(
    shown: Progress | undefined,
    onProgress: JobOptions["onProgress"],
    total: number | undefined,
  ) {
    this.#shown = shown;
    this.#onProgress = onProgress;
    this.#total = total;
  }

  /** `undefined` if no progress was requested. */
  static async of(options: JobOptions, size: number | undefined): Promise<JobProgress | undefined> {
    const { showProgress, onProgress, total = size } = options;
    if (!showProgress && onProgress === undefined) return undefined;
    const progress = new JobProgress(await progressFor(showProgress), onProgress, total);
    progress.#safely(() => progress.#shown?.start(total, options.desc));
    return progress;
  }

  advance(): void {
    this.#done++;
    if (this.#failed) return;
    const onProgress = this.#onProgress;
    this.#safely(() => {
      onProgress?.({ done: this.#done, total: this.#total });
      return this.#shown?.advance(1);
    });
  }

  /** How long until a job may start, in milliseconds; `undefined`: jobs start again. */
  pause(milliseconds: number | undefined): void {
    if (!this.#failed) this.#safely(() => this.#shown?.pause?.(milliseconds));
  }

  /** Also called after a failure, so that no bar remains. */
  stop(): void {
    this.#safely(() => this.#shown?.stop());
  }

  #safely(tell: () => unknown): void {
    try {
      const told = tell();
      if (isThenable(told)) told.then(undefined, this.#fail);
    } catch (error) {
      this.#fail(error);
    }
  }

  readonly #fail = (error: unknown): void => {
    if (this.#failed) return;
    this.#failed = true;
    process.emitWarning(`progress is no longer reported, because its receiver failed: ${String(error)}`, {
      type: "ProgressFailed",
      code: "LLX_PROGRESS_FAILED",
    });
  };
}
