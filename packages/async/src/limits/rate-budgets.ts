import { RateBudget, type RateCharge } from "./rate-budget.ts";
import type { ObservedRates, RateLimits, RateState } from "./rate-options.ts";

/** What a request has been charged with. */
export interface RateCharges {
  readonly requests: RateCharge | undefined;
  readonly tokens: RateCharge | undefined;
  readonly inputs: RateCharge | undefined;
}

/** The limits of a limiter, and what has been charged. All times are those of `performance.now()`. */
export interface RateBudgets {
  /** A snapshot, for debugging. */
  stateAt(now: number): Pick<RateState, "requests" | "tokens" | "inputs">;
  /** Why a request of that size could never start. */
  refusal(tokens: number, inputs: number): RangeError | undefined;
  /** When to check again whether a request may start: `now` or earlier if it may start now. */
  startsAt(tokens: number, inputs: number, now: number): number;
  /** A request starts. */
  charge(tokens: number, inputs: number, now: number): RateCharges;
  /** @throws TypeError or RangeError with the value given and the values allowed */
  checkObserved(rates: ObservedRates): void;
  /** Learns from the response to the request of these charges; without them, from a response received right now. */
  observe(rates: ObservedRates, charges: RateCharges | undefined, now: number): void;
}

/** The budgets of one process. */
export class OwnBudgets implements RateBudgets {
  readonly #requests: RateBudget | undefined;
  readonly #tokens: RateBudget | undefined;
  readonly #inputs: RateBudget | undefined;

  /** @throws TypeError or RangeError with the value given and the values allowed */
  constructor({ requests, tokens, inputs }: RateLimits) {
    if (requests !== undefined) this.#requests = new RateBudget("requests", requests);
    if (tokens !== undefined) this.#tokens = new RateBudget("tokens", tokens);
    if (inputs !== undefined) this.#inputs = new RateBudget("inputs", inputs);
  }

  stateAt(now: number): Pick<RateState, "requests" | "tokens" | "inputs"> {
    return {
      requests: this.#requests?.stateAt(now),
      tokens: this.#tokens?.stateAt(now),
      inputs: this.#inputs?.stateAt(now),
    };
  }

  refusal(tokens: number, inputs: number): RangeError | undefined {
    return this.#tokens?.refusal(tokens) ?? this.#inputs?.refusal(inputs);
  }

  startsAt(tokens: number, inputs: number, now: number): number {
    return Math.max(
      this.#requests?.startsAt(1, now) ?? 0,
      this.#tokens?.startsAt(tokens, now) ?? 0,
      this.#inputs?.startsAt(inputs, now) ?? 0,
    );
  }

  charge(tokens: number, inputs: number, now: number): RateCharges {
    return {
      requests: this.#requests?.charge(1, now),
      tokens: this.#tokens?.charge(tokens, now),
      inputs: this.#inputs?.charge(inputs, now),
    };
  }

  checkObserved({ requests, tokens, inputs }: ObservedRates): void {
    if (requests !== undefined) this.#requests?.checkObserved(requests);
    if (tokens !== undefined) this.#tokens?.checkObserved(tokens);
    if (inputs !== undefined) this.#inputs?.checkObserved(inputs);
  }

  observe({ requests, tokens, inputs }: ObservedRates, charges: RateCharges | undefined, now: number): void {
    if (requests !== undefined) this.#requests?.observe(requests, charges?.requests, now);
    if (tokens !== undefined) this.#tokens?.observe(tokens, charges?.tokens, now);
    if (inputs !== undefined) this.#inputs?.observe(inputs, charges?.inputs, now);
  }
}
