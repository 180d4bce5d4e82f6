import type { Context } from "./job-context.ts";
import type { Permit } from "./semaphore.ts";

/** What a slot tells of the job in it. */
interface SlotOwner<T> {
  fulfilled(slot: JobSlot<T>, value: T): void;
  rejected(slot: JobSlot<T>, error: unknown): void;
}

/** One worker: a place where one job runs at a time. Its handlers are made once, and serve all its jobs. */
export class JobSlot<T> {
  /** Of the job that runs here; `undefined` while the slot is free. */
  context: Context | undefined;
  /** From a semaphore that several calls share. */
  permit: Permit | undefined;
  /** When the job has run too long, on the clock of the run's deadlines. */
  due: number = Number.POSITIVE_INFINITY;
  /** The job has run too long and its outcome is known; the slot waits for it to settle. */
  expired = false;
  /** The run does not wait for the job any more; the slot is no longer one of its workers. */
  leftBehind = false;
  readonly onFulfilled: (value: T) => void;
  readonly onRejected: (error: unknown) => void;

  constructor(owner: SlotOwner<T>) {
    this.onFulfilled = (value) => owner.fulfilled(this, value);
    this.onRejected = (error) => owner.rejected(this, error);
  }
}
