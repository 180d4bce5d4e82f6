import type { Context } from "./job-context.ts";
import type { JobPermit } from "./job-admission.ts";
import { keepAlive } from "../support/keep-alive.ts";

/** What a slot tells of the job in it. */
export interface SlotOwner<I, T> {
  fulfilled(slot: JobSlot<I, T>, value: T): void;
  rejected(slot: JobSlot<I, T>, error: unknown): void;
}

/** One worker: a place where one job runs at a time. Its handlers are made once, and serve all its jobs. */
export class JobSlot<I, T> {
  private static readonly kept: void = /* @__PURE__ */ keepAlive(
    /* @__PURE__ */ new this({ fulfilled() {}, rejected() {} }),
  );

  /** Of the job that runs here; `undefined` while the slot is free. */
  context: Context | undefined;
  /** What the job was made of, for another attempt. */
  item: I | undefined;
  /** From what several calls share. */
  permit: JobPermit | undefined;
  /** `performance.now()` of the job's start, where somebody inspects. */
  since: number | undefined;
  /** When the job has run too long, on the clock of the run's deadlines. */
  due: number = Number.POSITIVE_INFINITY;
  /** The job has run too long, and has failed with this; the slot waits for it to settle. */
  expired: DOMException | undefined;
  /** The run does not wait for the job any more; the slot is no longer one of its workers. */
  leftBehind = false;
  readonly onFulfilled: (value: T) => void;
  readonly onRejected: (error: unknown) => void;

  constructor(owner: SlotOwner<I, T>) {
    this.onFulfilled = (value) => owner.fulfilled(this, value);
    this.onRejected = (error) => owner.rejected(this, error);
  }
}
