import { RateBudget, type RateCharge } from "../limits/rate-budget.ts";
import type { RateLimits } from "../limits/rate-options.ts";
import { unknownSlot } from "./holdings.ts";
import type { Amounts, Correction, SharedBudget } from "./rate-store.ts";

/** What one of several processes may start while their store is away: an equal share of the limits. */
export class LocalShare {
  /** What this process has started at all, in the order of the limiter's budgets. */
  readonly #started: readonly RateBudget[];
  /** What the store does not know of. */
  readonly #unreported: number[];
  #isAway = false;

  constructor(limits: RateLimits, budgets: readonly SharedBudget[]) {
    this.#started = budgets.map(({ name }) => new RateBudget(name, limits[name as keyof RateLimits]!));
    this.#unreported = budgets.map(() => 0);
  }

  /** The store is away. `members` processes share these limits. */
  begin(budgets: readonly SharedBudget[], members: number): void {
    this.#isAway = true;
    for (const [index, { limit }] of budgets.entries()) {
      this.#started[index]!.limit = Math.max(1, Math.floor(limit / members));
    }
  }

  /** The store is back. */
  end(): void {
    this.#isAway = false;
  }

  /** Takes what the store has to charge. */
  report(now: number): Correction[] {
    const corrections = this.#unreported.map((amount, budget) => {
      const { limit, free } = this.#started[budget]!.stateAt(now);
      // What was started more than an interval ago no longer counts.
      return { budget, slot: unknownSlot, amount: Math.min(amount, limit - free) };
    });
    this.#unreported.fill(0);
    return corrections.filter(({ amount }) => amount > 0);
  }

  startsAt(cost: Amounts, now: number): number {
    if (!this.#isAway) return Number.POSITIVE_INFINITY;
    return Math.max(...this.#started.map((budget, index) => budget.startsAt(cost[index]!, now)));
  }

  /** @param isGranted whether the store has granted it */
  charge(budget: number, amount: number, isGranted: boolean, now: number): RateCharge {
    if (!isGranted) this.#unreported[budget]! += amount;
    return this.#started[budget]!.charge(amount, now);
  }
}
