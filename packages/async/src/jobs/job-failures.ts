import { statusOf } from "@llx/support";
import type { Refusal } from "../refusals/refusal-gate.ts";
import { isRefusal } from "../refusals/is-refusal.ts";
import type { JobAdmission } from "./job-admission.ts";
import type { Context } from "./job-context.ts";
import type { JobEvents } from "./job-events.ts";
import type { JobProgress } from "./job-progress.ts";
import type { JobRetries, WaitingJob } from "./job-retries.ts";
import type { JobSink } from "./job-sink.ts";
import type { Shutdown } from "./shutdown.ts";

/** The parts of a run that a failed attempt involves. */
interface FailureParts<I, T> {
  readonly sink: JobSink<T, I>;
  /** The index of the first job of the run. */
  readonly first: number;
  readonly admission: JobAdmission<I>;
  readonly retries: JobRetries<I> | undefined;
  readonly events: JobEvents | undefined;
  readonly progress: JobProgress | undefined;
  readonly shutdown: Shutdown;
  /** Stops the run. */
  readonly fail: (reason: unknown) => void;
}

/** Decides what follows a failed attempt: another attempt, or a final failure. */
export class JobFailures<I, T> {
  readonly #parts: FailureParts<I, T>;

  constructor(parts: FailureParts<I, T>) {
    this.#parts = parts;
  }

  /** An attempt has failed: the job gets another one, which is returned, or has finally failed. */
  attemptFailed(item: I, context: Context, error: unknown): WaitingJob<I> | undefined {
    const { retries, admission, shutdown } = this.#parts;
    const refusal = this.#reportFailure(context, error);
    if (retries === undefined || !shutdown.isRunning) {
      this.failed(item, context.index, error);
      return undefined;
    }
    const decision = retries.consider(item, context, error, refusal && { ...admission.refusal, ...refusal });
    if ("error" in decision) {
      this.failed(item, context.index, decision.error);
      return undefined;
    }
    if (decision.pause > 0) admission.pause(decision.pause);
    return decision.job;
  }

  /** A job has finally failed. */
  failed(item: I, index: number, error: unknown): void {
    const { sink, first, events, progress, shutdown, fail } = this.#parts;
    events?.failed(index, error);
    // A job that fails because the run was stopped does not count as done.
    if (!shutdown.isRunning) return shutdown.failedLate(index, error);
    if (sink.failed(index - first, error, item)) fail(error);
    progress?.advance(1);
  }

  /** Reports a failure to the limits. Returns what the service says if it is a refusal. */
  #reportFailure(context: Context, error: unknown): Refusal | undefined {
    const { retries, admission } = this.#parts;
    // A reason may have a refusal as its cause: that of a call that has waited for the service.
    const refusal = context.isReason(error) ? undefined : retries?.refusal(error);
    if (refusal !== undefined) admission.refused(context, { ...refusal, cause: error });
    else if (context.lease !== undefined) {
      if (statusOf(error) !== undefined && !isRefusal(error)) context.lease.settle();
      else if (context.isAborted) context.lease.cut();
      else context.lease.lost();
    }
    return refusal;
  }
}
