import type { Amounts, Correction } from "./rate-store.ts";

/** No slot has this number: a store charges it anew. */
export const unknownSlot = -1;

/** What a store has granted at once. */
export interface Lot {
  /** When it may no longer be used, by `performance.now()`. */
  readonly deadline: number;
  /** The slot of the store in which it was charged, for each budget. */
  readonly slots: Amounts;
  /** How much had ever expired by then, for each budget. */
  readonly expired: Amounts;
  /** What has not been used, for each budget. */
  readonly left: number[];
}

/**
 * What a store has granted to this process: it is used until its time is over, and the rest goes back. All times are those of
 * `performance.now()`.
 */
export class Holdings {
  readonly #lots: Lot[] = [];
  /** What all lots have left. */
  readonly #left: number[];
  /** For each budget and slot, what the store has to change. */
  readonly #corrections: Map<number, number>[];
  /** What the store will have free by these corrections. */
  readonly #returned: number[];
  readonly #onReturn: () => void;

  /**
   * @param budgets how many there are
   * @param onReturn called when a request has not used all that it was granted, and the store has to be told
   */
  constructor(budgets: number, onReturn: () => void) {
    this.#left = Array.from({ length: budgets }, () => 0);
    this.#returned = this.#left.map(() => 0);
    this.#corrections = this.#left.map(() => new Map());
    this.#onReturn = onReturn;
  }

  /** Whether something has to go back to the store, or has to be reported. */
  get isDirty(): boolean {
    return this.#corrections.some(({ size }) => size > 0);
  }

  /** When the time of the next lot is over; `undefined` if there is none. */
  get deadline(): number | undefined {
    return this.#lots[0]?.deadline;
  }

  add(lot: Lot): void {
    this.#lots.push(lot);
    for (const [budget, amount] of lot.left.entries()) this.#left[budget]! += amount;
  }

  has(budget: number, amount: number): boolean {
    return amount <= this.#left[budget]!;
  }

  leftOf(budget: number): number {
    return this.#left[budget]!;
  }

  returnedOf(budget: number): number {
    return this.#returned[budget]!;
  }

  /** Uses what is held. Returns the lot that the last of it came from; `undefined` for nothing. */
  take(budget: number, amount: number): Lot | undefined {
    this.#left[budget]! -= amount;
    const first = this.#lots[0];
    if (first !== undefined && first.left[budget]! > amount) {
      first.left[budget]! -= amount;
      return first;
    }
    let rest = amount;
    let last: Lot | undefined;
    for (const lot of this.#lots) {
      const taken = Math.min(lot.left[budget]!, rest);
      lot.left[budget]! -= taken;
      rest -= taken;
      last = lot;
      if (rest === 0) break;
    }
    while (this.#lots.length > 0 && isEmpty(this.#lots[0]!)) this.#lots.shift();
    return last;
  }

  /** More was used of a lot, or less. What was not used can be used for another request, as long as the lot lasts. */
  correct(lot: Lot | undefined, budget: number, difference: number): void {
    if (lot !== undefined && difference < 0 && this.#lots.includes(lot)) {
      lot.left[budget]! -= difference;
      this.#left[budget]! -= difference;
      return;
    }
    if (difference === 0) return;
    this.#add(budget, lot?.slots[budget] ?? unknownSlot, difference);
    if (difference < 0) this.#onReturn();
  }

  /** The time of some lots may be over: what they have left goes back. */
  expire(now: number): void {
    for (let lot = this.#lots[0]; lot !== undefined && lot.deadline <= now; lot = this.#lots[0]) {
      this.#lots.shift();
      for (const [budget, amount] of lot.left.entries()) {
        this.#left[budget]! -= amount;
        if (amount > 0) this.#add(budget, lot.slots[budget]!, -amount);
      }
    }
  }

  /** Everything goes back. */
  expireAll(): void {
    this.expire(Number.POSITIVE_INFINITY);
  }

  /** Takes what has to be reported. */
  corrections(): Correction[] {
    this.#returned.fill(0);
    return this.#corrections.flatMap((slots, budget) => {
      const all = [...slots].map(([slot, amount]) => ({ budget, slot, amount }));
      slots.clear();
      return all;
    });
  }

  /** Reports again what was taken, as it may not have arrived. What would be given back twice is not. */
  keep(corrections: readonly Correction[]): void {
    for (const { budget, slot, amount } of corrections) if (amount > 0) this.#add(budget, slot, amount);
  }

  #add(budget: number, slot: number, amount: number): void {
    this.#returned[budget]! -= amount;
    const all = this.#corrections[budget]!;
    const sum = (all.get(slot) ?? 0) + amount;
    if (sum === 0) all.delete(slot);
    else all.set(slot, sum);
  }
}

function isEmpty({ left }: Lot): boolean {
  for (const amount of left) if (amount > 0) return false;
  return true;
}
