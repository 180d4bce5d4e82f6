import { KnownLimit, type ObservedRate, type RateLimit } from "../limits/known-limit.ts";
import type { RateCharge } from "../limits/rate-budget.ts";
import type { RateBudgets, RateCharges } from "../limits/rate-budgets.ts";
import type { ObservedRates, RateLimits, RateState } from "../limits/rate-options.ts";
import { Holdings, type Lot } from "./holdings.ts";
import { LocalShare } from "./local-share.ts";
import type { Amounts, Correction, Observation, SharedBudget } from "./rate-store.ts";

const kinds = ["requests", "tokens", "inputs"] as const;

/** The budgets of a limiter that shares them: requests start on what the store has granted to this process. */
export class HeldBudgets implements RateBudgets {
  readonly holdings: Holdings;
  /** What starts while the store is away, if anything does. */
  readonly local: LocalShare | undefined;
  readonly #limits: readonly KnownLimit[];
  /** The position of each kind of budget; −1 if it is not limited. */
  readonly #positions: Readonly<Record<(typeof kinds)[number], number>>;
  readonly #onNeed: (cost: Amounts) => void;
  /** The latest report of the service for each budget. */
  readonly #observed = new Map<number, Observation & { readonly at: number }>();
  /** What requests have used since the last exchange. */
  #used: number[];
  /** What the store had left, and had expired, at the last exchange. */
  #free: Amounts | undefined;
  #expired: Amounts | undefined;

  /**
   * @param isLocal whether requests start while the store is away
   * @param onNeed called with the charge of a request that what is held does not suffice for
   * @param onReturn called when a request has not used all that it was granted, and the store has to be told
   */
  constructor(limits: RateLimits, isLocal: boolean, onNeed: (cost: Amounts) => void, onReturn: () => void) {
    const given = kinds.filter((kind) => limits[kind] !== undefined);
    this.#limits = given.map((kind) => new KnownLimit(kind, limits[kind]!));
    this.#positions = {
      requests: given.indexOf("requests"),
      tokens: given.indexOf("tokens"),
      inputs: given.indexOf("inputs"),
    };
    this.holdings = new Holdings(given.length, onReturn);
    this.#used = given.map(() => 0);
    if (isLocal) this.local = new LocalShare(limits, this.shared);
    this.#onNeed = onNeed;
  }

  /** The limits, as they are known now. */
  get shared(): readonly SharedBudget[] {
    return this.#limits.map(({ name, limit, interval }) => ({ name, limit, interval }));
  }

  /** What a request costs, in the order of the budgets. */
  costOf(tokens: number, inputs: number): number[] {
    const cost = this.#limits.map(() => 1);
    if (this.#positions.tokens >= 0) cost[this.#positions.tokens] = tokens;
    if (this.#positions.inputs >= 0) cost[this.#positions.inputs] = inputs;
    return cost;
  }

  stateAt(now: number): Pick<RateState, "requests" | "tokens" | "inputs"> {
    this.holdings.expire(now);
    const stateOf = (position: number): (RateLimit & { readonly free: number }) | undefined => {
      const known = this.#limits[position];
      if (known === undefined) return undefined;
      const free = (this.#free?.[position] ?? known.limit) + this.holdings.leftOf(position);
      return { limit: known.limit, interval: known.interval, free };
    };
    const { requests, tokens, inputs } = this.#positions;
    return { requests: stateOf(requests), tokens: stateOf(tokens), inputs: stateOf(inputs) };
  }

  refusal(tokens: number, inputs: number): RangeError | undefined {
    return (
      this.#limits[this.#positions.tokens]?.refusal(tokens) ??
      this.#limits[this.#positions.inputs]?.refusal(inputs)
    );
  }

  startsAt(tokens: number, inputs: number, now: number): number {
    this.holdings.expire(now);
    if (this.#holds(tokens, inputs)) return 0;
    const cost = this.costOf(tokens, inputs);
    this.#onNeed(cost);
    return this.local?.startsAt(cost, now) ?? Number.POSITIVE_INFINITY;
  }

  charge(tokens: number, inputs: number, now: number): RateCharges {
    const isHeld = this.local === undefined || this.#holds(tokens, inputs);
    const { requests, tokens: second, inputs: third } = this.#positions;
    return {
      requests: this.#charge(requests, 1, isHeld, now),
      tokens: this.#charge(second, tokens, isHeld, now),
      inputs: this.#charge(third, inputs, isHeld, now),
    };
  }

  checkObserved(rates: ObservedRates): void {
    this.#each(rates, (rate, position) => this.#limits[position]!.checkObserved(rate));
  }

  observe(rates: ObservedRates, charges: RateCharges | undefined, now: number): void {
    this.#each(rates, ({ limit, remaining, reset }, budget, kind) => {
      const known = this.#limits[budget]!;
      if (limit !== undefined) known.learn(limit);
      if (remaining === undefined) return;
      const expiredBefore = charges?.[kind]?.expiredBefore ?? this.#expired?.[budget];
      const before = this.#observed.get(budget)?.expiredBefore ?? 0;
      if (expiredBefore === undefined || expiredBefore < before) return;
      this.#observed.set(budget, {
        budget,
        remaining,
        reset: reset ?? known.interval,
        expiredBefore,
        at: now,
      });
    });
  }

  /** Takes what the store has to correct. */
  corrections(now: number): Correction[] {
    return [...this.holdings.corrections(), ...(this.local?.report(now) ?? [])];
  }

  /** Takes what the service has reported. */
  observations(now: number): Observation[] {
    const all = [...this.#observed.values()].map(({ budget, remaining, reset, expiredBefore, at }) => ({
      budget,
      remaining,
      reset: Math.max(0, reset - (now - at)),
      expiredBefore,
    }));
    this.#observed.clear();
    return all;
  }

  /** Whether the store may have room for a request, once it knows what has not been used. */
  mayHaveRoom(cost: Amounts): boolean {
    return cost.every(
      (amount, budget) => amount <= (this.#free?.[budget] ?? 0) + this.holdings.returnedOf(budget),
    );
  }

  /** Takes what requests have used since the last exchange. */
  used(): number[] {
    const used = this.#used;
    this.#used = used.map(() => 0);
    return used;
  }

  /** What the store has told. */
  told(free: Amounts, expired: Amounts): void {
    this.#free = free;
    this.#expired = expired;
  }

  /** @param isHeld whether it is taken of what is held, rather than of the local share */
  #charge(position: number, amount: number, isHeld: boolean, now: number): RateCharge | undefined {
    if (position < 0) return undefined;
    const local = this.local?.charge(position, amount, isHeld, now);
    if (!isHeld) return local;
    this.#used[position]! += amount;
    return new HeldCharge(this.holdings, this.holdings.take(position, amount), position, amount, local);
  }

  #holds(tokens: number, inputs: number): boolean {
    const { holdings } = this;
    const { requests, tokens: second, inputs: third } = this.#positions;
    return (
      (requests < 0 || holdings.has(requests, 1)) &&
      (second < 0 || holdings.has(second, tokens)) &&
      (third < 0 || holdings.has(third, inputs))
    );
  }

  #each(
    rates: ObservedRates,
    body: (rate: ObservedRate, position: number, kind: (typeof kinds)[number]) => void,
  ): void {
    for (const kind of kinds) {
      const rate = rates[kind];
      if (rate !== undefined && this.#positions[kind] >= 0) body(rate, this.#positions[kind], kind);
    }
  }
}

/** What a request has taken of what was held. */
class HeldCharge implements RateCharge {
  readonly #holdings: Holdings;
  readonly #lot: Lot | undefined;
  readonly #position: number;
  readonly #amount: number;
  readonly #and: RateCharge | undefined;

  constructor(
    holdings: Holdings,
    lot: Lot | undefined,
    position: number,
    amount: number,
    and: RateCharge | undefined,
  ) {
    this.#holdings = holdings;
    this.#lot = lot;
    this.#position = position;
    this.#amount = amount;
    this.#and = and;
  }

  get expiredBefore(): number {
    return this.#lot?.expired[this.#position] ?? 0;
  }

  correct(amount: number): void {
    this.#and?.correct(amount);
    this.#holdings.correct(this.#lot, this.#position, amount - this.#amount);
  }
}
