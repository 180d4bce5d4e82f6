/** Charges that were made at about the same time. They leave together, when the last of them does. */
export interface Slot {
  amount: number;
  /** When the first of its charges would leave by itself. */
  readonly opened: number;
  leaves: number;
  hasLeft: boolean;
  next: Slot | undefined;
}

/**
 * What has been charged and has not left yet. Charges leave in the order in which they came; those that come
 * within `width` share a slot, so that there are few slots, and none leaves before its time.
 */
export class RateWindow {
  #first: Slot | undefined;
  #last: Slot | undefined;
  #used = 0;

  /** The sum of what is in. */
  get used(): number {
    return this.#used;
  }

  /** When something leaves next. */
  get nextLeave(): number {
    return this.#first?.leaves ?? Number.POSITIVE_INFINITY;
  }

  /** Charges until a time, and no shorter than those before. It may stay longer than asked, by less than `width`. */
  add(amount: number, until: number, width: number): Slot {
    this.#used += amount;
    const last = this.#last;
    const leaves = last === undefined ? until : Math.max(until, last.leaves);
    if (last !== undefined && leaves - last.opened < width) {
      last.amount += amount;
      last.leaves = leaves;
      return last;
    }
    const slot: Slot = { amount, opened: leaves, leaves, hasLeft: false, next: undefined };
    if (last === undefined) this.#first = slot;
    else last.next = slot;
    this.#last = slot;
    return slot;
  }

  /** Changes what is charged in a slot. Once the slot has left, nothing is to be changed any more. */
  correct(slot: Slot, difference: number): void {
    if (slot.hasLeft) return;
    slot.amount += difference;
    this.#used += difference;
  }

  /** Lets go whose time has come, and tells how much that was. */
  leave(now: number): number {
    let left = 0;
    for (let slot = this.#first; slot !== undefined && slot.leaves <= now; slot = this.#first) {
      left += slot.amount;
      slot.hasLeft = true;
      this.#first = slot.next;
      // A lease may keep its slot for long, but not all the slots that came after.
      slot.next = undefined;
    }
    if (this.#first === undefined) this.#last = undefined;
    this.#used -= left;
    return left;
  }
}
