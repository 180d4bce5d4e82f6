/** Charges that were made at about the same time. They expire together, when the last of them does. */
export interface Slot {
  amount: number;
  /** When the first of its charges would expire on its own. */
  readonly firstExpiry: number;
  expiresAt: number;
  hasExpired: boolean;
  next: Slot | undefined;
}

/**
 * The charges that have not expired. They expire in the order in which they were made; charges made within `width` share
 * a slot, so that there are few slots, and none expires early.
 */
export class RateWindow {
  #first: Slot | undefined;
  #last: Slot | undefined;
  #used = 0;

  /** The sum of the charges. */
  get used(): number {
    return this.#used;
  }

  /** When a slot expires next; `Infinity` if there is none. */
  get nextExpiry(): number {
    return this.#first?.expiresAt ?? Number.POSITIVE_INFINITY;
  }

  /** Charges until a given time, but not before earlier charges expire. It may expire later, by less than `width`. */
  add(amount: number, until: number, width: number): Slot {
    this.#used += amount;
    const last = this.#last;
    const expiresAt = last === undefined ? until : Math.max(until, last.expiresAt);
    if (last !== undefined && expiresAt - last.firstExpiry < width) {
      last.amount += amount;
      last.expiresAt = expiresAt;
      return last;
    }
    const slot: Slot = { amount, firstExpiry: expiresAt, expiresAt, hasExpired: false, next: undefined };
    if (last === undefined) this.#first = slot;
    else last.next = slot;
    this.#last = slot;
    return slot;
  }

  /** Changes the charge in a slot, unless it has expired. */
  correct(slot: Slot, difference: number): void {
    if (slot.hasExpired) return;
    slot.amount += difference;
    this.#used += difference;
  }

  /** Removes the expired slots, and returns the sum of their charges. */
  expire(now: number): number {
    let expired = 0;
    for (let slot = this.#first; slot !== undefined && slot.expiresAt <= now; slot = this.#first) {
      expired += slot.amount;
      slot.hasExpired = true;
      this.#first = slot.next;
      // A lease may keep its slot alive for long, but must not keep all later slots alive.
      slot.next = undefined;
    }
    if (this.#first === undefined) this.#last = undefined;
    this.#used -= expired;
    return expired;
  }
}
