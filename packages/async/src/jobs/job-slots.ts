import type { Context } from "./job-context.ts";
import type { JobPermit } from "./job-permit.ts";
import { JobSlot, type SlotOwner } from "./job-slot.ts";

/** The slots of one run, created on demand and reused. */
export class JobSlots<I, T> {
  readonly #owner: SlotOwner<I, T>;
  readonly #all = new Set<JobSlot<I, T>>();
  readonly #free: JobSlot<I, T>[] = [];
  #running = 0;

  constructor(owner: SlotOwner<I, T>) {
    this.#owner = owner;
  }

  /** How many jobs run. */
  get running(): number {
    return this.#running;
  }

  /** All slots, including free ones. */
  all(): Iterable<JobSlot<I, T>> {
    return this.#all;
  }

  /** The slots in which a job runs. */
  busy(): JobSlot<I, T>[] {
    return [...this.#all].filter(({ context }) => context !== undefined);
  }

  /** Takes a free slot for a job. */
  take(item: I, context: Context, permit: JobPermit): JobSlot<I, T> {
    const slot = this.#free.pop() ?? this.#make();
    this.#running++;
    slot.context = context;
    slot.item = item;
    slot.permit = permit;
    return slot;
  }

  /**
   * Frees the slot of a job that has settled. `undefined`: the job had already failed, by its time-out or the end of the
   * run.
   */
  release(slot: JobSlot<I, T>): Context | undefined {
    const { context, expired } = slot;
    slot.context = undefined;
    slot.item = undefined;
    if (slot.abandoned) return undefined;
    slot.expired = undefined;
    slot.due = Number.POSITIVE_INFINITY;
    this.#free.push(slot);
    this.#running--;
    return expired ? undefined : context;
  }

  /** The run no longer waits for their jobs. */
  abandon(slots: readonly JobSlot<I, T>[]): void {
    for (const slot of slots) {
      slot.abandoned = true;
      slot.due = Number.POSITIVE_INFINITY;
      this.#all.delete(slot);
      this.#running--;
    }
  }

  #make(): JobSlot<I, T> {
    const slot = new JobSlot<I, T>(this.#owner);
    this.#all.add(slot);
    return slot;
  }
}
