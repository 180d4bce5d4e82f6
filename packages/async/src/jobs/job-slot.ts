import type { Context } from "./job-context.ts";
import { free, type JobPermit } from "./job-permit.ts";
import { keepAlive } from "../support/keep-alive.ts";

/** Is called when the job in a slot has settled. */
export interface SlotOwner<I, T> {
  fulfilled(slot: JobSlot<I, T>, value: T): void;
  rejected(slot: JobSlot<I, T>, error: unknown): void;
}

/** One worker: it runs one job at a time. Its handlers are made once, and serve all its jobs. */
export class JobSlot<I, T> {
  private static readonly kept: void = /* @__PURE__ */ keepAlive(
    /* @__PURE__ */ new this({ fulfilled() {}, rejected() {} }),
  );

  /** Of the job that runs here; `undefined` while the slot is free. */
  context: Context | undefined;
  /** The input of the job, for another attempt. */
  item: I | undefined;
  /** What has let the job in. */
  permit: JobPermit = free;
  /** When the job has run too long, by the clock of the run's deadlines. */
  due: number = Number.POSITIVE_INFINITY;
  /** The job has run too long, and has failed with this; the slot waits for it to settle. */
  expired: DOMException | undefined;
  /** The run does not wait for the job any more; the slot is no longer one of its workers. */
  abandoned = false;
  readonly onFulfilled: (value: T) => void;
  readonly onRejected: (error: unknown) => void;

  constructor(owner: SlotOwner<I, T>) {
    this.onFulfilled = (value) => owner.fulfilled(this, value);
    this.onRejected = (error) => owner.rejected(this, error);
  }

  /**
   * Gives back the permit of the job, and tells an adaptive limiter how the job went.
   *
   * @throws what the caller's `isOverload` throws
   */
  giveBack(failure: { readonly error: unknown } | undefined): void {
    const { permit, expired, context } = this;
    // A probe of a service that refuses is sent alone: its failure does not tell how many are too many.
    if (failure && context?.lease?.isTry) permit.release();
    else if (expired) permit.fail?.(expired);
    else if (failure) permit.fail?.(failure.error);
    else permit.succeed?.();
    permit.release();
  }
}
