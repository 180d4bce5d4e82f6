import type { Context } from "./job-context.ts";
import { free, type JobPermit } from "./job-permit.ts";
import type { WaitingJob } from "./job-retries.ts";
import { keepAlive } from "../support/keep-alive.ts";

/** Called when the job in a slot has settled. */
export interface SlotOwner<I, T> {
  fulfilled(slot: JobSlot<I, T>, value: T): void;
  rejected(slot: JobSlot<I, T>, error: unknown): void;
}

/** One worker: it runs one job at a time. Its handlers are created once and serve all its jobs. */
export class JobSlot<I, T> {
  private static readonly kept: void = /* @__PURE__ */ keepAlive(
    /* @__PURE__ */ new this({ fulfilled() {}, rejected() {} }),
  );

  /** Context of the running job; `undefined` while the slot is free. */
  context: Context | undefined;
  /** The input of the job, for another attempt. */
  item: I | undefined;
  /** The permit that admitted the job. */
  permit: JobPermit = free;
  /** The deadline of the job, by the clock of the run's deadlines. */
  due: number = Number.POSITIVE_INFINITY;
  /** The error of a job that has run too long; the slot waits for it to settle. */
  expired: DOMException | undefined;
  /** The next attempt at that job, which starts when this one has ended. */
  again: WaitingJob<I> | undefined;
  /** Whether the run has abandoned the job; the slot is then no longer one of its workers. */
  abandoned = false;
  readonly onFulfilled: (value: T) => void;
  readonly onRejected: (error: unknown) => void;

  constructor(owner: SlotOwner<I, T>) {
    this.onFulfilled = (value) => owner.fulfilled(this, value);
    this.onRejected = (error) => owner.rejected(this, error);
  }

  /**
   * Releases the job's permit, and reports the outcome of the job to an adaptive limiter.
   *
   * @throws what the caller's `isOverload` throws
   */
  giveBack(failure: { readonly error: unknown } | undefined): void {
    const { permit, expired, context } = this;
    if (failure && !expired && context?.isReason(failure.error)) permit.cut?.();
    // A probe of a refusing service is sent alone: its failure does not show how many requests are too many.
    else if (failure && context?.lease?.isTry) permit.release();
    else if (expired) permit.fail?.(expired);
    else if (failure) permit.fail?.(failure.error);
    else {
      if (context?.lease?.paces) permit.regain?.();
      permit.succeed?.();
    }
    permit.release();
  }
}
