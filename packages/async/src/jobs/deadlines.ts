import { momentAfterBlock, timeoutError, timerDelay } from "@llx/support";
import type { JobSlot } from "./job-slot.ts";
import type { JobSlots } from "./job-slots.ts";

/** Called with a slot whose job has reached a deadline. */
export interface DeadlineOwner<S> {
  /** The job has run for longer than it may, and was aborted. */
  timedOut(slot: S, error: DOMException): void;
  /** The job has ignored the abort for `grace`. */
  ignoredAbort(slot: S): void;
}

/**
 * Aborts the jobs of a run that take longer than an attempt, or all attempts together, may take. One timer serves all slots. The
 * clock is read once per turn of the event loop, as timers themselves do.
 */
export class Deadlines<I, T> {
  readonly #timeout: number;
  readonly #total: number;
  readonly #grace: number;
  readonly #slots: JobSlots<I, T>;
  readonly #owner: DeadlineOwner<JobSlot<I, T>>;
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;
  #now = 0;
  #isNow = false;
  #wasLate = false;
  #cleared = false;

  /**
   * @param timeout how long each attempt may take, in milliseconds
   * @param total how long all attempts at a job may take, from the start of the first one, in milliseconds
   * @param grace how long a job may ignore its abort, in milliseconds
   */
  constructor(
    timeout: number,
    total: number,
    grace: number,
    slots: JobSlots<I, T>,
    owner: DeadlineOwner<JobSlot<I, T>>,
  ) {
    this.#timeout = timeout;
    this.#total = total;
    this.#grace = grace;
    this.#slots = slots;
    this.#owner = owner;
  }

  /** Starts the time of the job in a slot. */
  set(slot: JobSlot<I, T>): void {
    const now = this.#clock();
    slot.due = Math.min(now + this.#timeout, this.#lastMoment(slot));
    if (slot.due < this.#wakesAt) this.#wake(slot.due, slot.due - now);
  }

  /** The owner is not called from here on. */
  clear(): void {
    this.#cleared = true;
    clearTimeout(this.#timer);
  }

  #wake(at: number, milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#wakesAt = at;
    // A timer that fires too early is set again.
    this.#timer = setTimeout(() => this.#check(), timerDelay(Math.ceil(milliseconds)));
  }

  #check(): void {
    const due = this.#wakesAt;
    this.#wakesAt = Number.POSITIVE_INFINITY;
    this.#endTurn();
    const now = performance.now();
    const more = this.#wasLate ? 0 : momentAfterBlock(due);
    this.#wasLate = more > 0;
    if (more > 0) return this.#wake(now + more, more);
    let next = Number.POSITIVE_INFINITY;
    for (const slot of this.#slots.all()) {
      if (slot.due <= now) this.#expire(slot, now);
      if (slot.due < next) next = slot.due;
    }
    if (next < this.#wakesAt && !this.#cleared) this.#wake(next, next - now);
  }

  #expire(slot: JobSlot<I, T>, now: number): void {
    const { context } = slot;
    if (context === undefined || this.#cleared) return;
    if (slot.expired) return this.#owner.ignoredAbort(slot);
    const limit =
      slot.due < this.#lastMoment(slot)
        ? `${this.#timeout} ms`
        : `totalTimeout allows for all its attempts (${this.#total} ms)`;
    slot.expired = timeoutError(`job ${context.index} took longer than ${limit}`, context.lastError);
    // From now on, however late this is.
    slot.due = now + this.#grace;
    context.abort(slot.expired);
    this.#owner.timedOut(slot, slot.expired);
  }

  /** When all attempts at the job in a slot have to end. */
  #lastMoment({ context }: JobSlot<I, T>): number {
    return (context?.startedAt ?? Number.POSITIVE_INFINITY) + this.#total;
  }

  #clock(): number {
    if (!this.#isNow) {
      this.#isNow = true;
      this.#now = performance.now();
      setImmediate(this.#endTurn);
    }
    return this.#now;
  }

  /** If the turn was long, a job blocked it: those that were started after it have had no time yet. */
  readonly #endTurn = (): void => {
    if (!this.#isNow) return;
    this.#isNow = false;
    const begun = this.#now + this.#timeout;
    const lasted = performance.now() - this.#now;
    if (momentAfterBlock(this.#now) === 0) return;
    for (const slot of this.#slots.all()) if (slot.due === begun) slot.due += lasted;
  };
}
