import { statusOf } from "@llx/support";
import { isRefusal } from "../refusals/is-refusal.ts";
import type { JobAdmission } from "./job-admission.ts";
import type { Context } from "./job-context.ts";
import type { JobEvents } from "./job-events.ts";
import type { JobProgress } from "./job-progress.ts";
import type { JobRetries } from "./job-retries.ts";
import type { JobSink } from "./job-sink.ts";
import type { Shutdown } from "./shutdown.ts";

/** Who takes part when a job of a run has settled. */
interface OutcomeParts<I, T> {
  readonly sink: JobSink<T>;
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

/** Decides what becomes of a job that has settled: a result, another attempt, or a failure for good. */
export class JobOutcomes<I, T> {
  readonly #parts: OutcomeParts<I, T>;
  readonly #sink: JobSink<T>;
  readonly #first: number;
  readonly #events: JobEvents | undefined;
  readonly #progress: JobProgress | undefined;

  constructor(parts: OutcomeParts<I, T>) {
    this.#parts = parts;
    this.#sink = parts.sink;
    this.#first = parts.first;
    this.#events = parts.events;
    this.#progress = parts.progress;
  }

  succeeded({ index }: Context, value: T): void {
    if (this.#events !== undefined && !this.#reportSuccess(index, this.#events)) return;
    this.#sink.succeeded(index - this.#first, value);
    if (this.#progress !== undefined) this.#progress.advance();
  }

  /** An attempt has failed: the job gets another one, or has failed for good. */
  attemptFailed(item: I, context: Context, error: unknown): void {
    const { retries, admission, shutdown } = this.#parts;
    const refused = this.#reportFailure(context, error);
    if (retries === undefined || !shutdown.isRunning) return this.failed(context.index, error);
    const decision = retries.consider(item, context, error, refused ? admission.refusal : undefined);
    if ("error" in decision) this.failed(context.index, decision.error);
    else if (decision.pause > 0) admission.pause(decision.pause);
  }

  /** A job has failed for good. */
  failed(index: number, error: unknown): void {
    const { sink, first, events, progress, shutdown, fail } = this.#parts;
    events?.failed(index, error);
    // A job that fails because the run has stopped does not count as done.
    if (!shutdown.isRunning) return shutdown.failedLate(index, error);
    if (sink.failed(index - first, error)) fail(error);
    progress?.advance();
  }

  /** Returns whether the job has succeeded still. */
  #reportSuccess(index: number, events: JobEvents): boolean {
    try {
      events.succeeded(index);
      return true;
    } catch (error) {
      // A handler with `raiseErrors` has failed.
      this.failed(index, error);
      return false;
    }
  }

  /** Reports to the limits what a failure says of the service. Returns whether the service has refused. */
  #reportFailure(context: Context, error: unknown): boolean {
    const { retries, admission } = this.#parts;
    const refusal = retries?.refusal(error);
    if (refusal !== undefined) admission.refused(context, refusal);
    else if (context.lease !== undefined) {
      if (statusOf(error) === undefined || isRefusal(error)) context.lease.lost();
      else context.lease.settle();
    }
    return refusal !== undefined;
  }
}
