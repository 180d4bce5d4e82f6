import { checkCount } from "./checks.ts";
import type { RateCharge } from "./rate-budget.ts";

/** What a lease has taken, and from whom. */
export interface LeaseCharges {
  readonly owner: object;
  readonly requests: RateCharge | undefined;
  readonly tokens: RateCharge | undefined;
  /** Is called when there is more room than before. */
  readonly onRoom: () => void;
}

/** For the limiter alone. */
export let chargesOf: (lease: RateLease) => LeaseCharges;

/**
 * Leave to send one request. Nothing must be given back: what it has taken comes free by itself, an interval
 * after the request started.
 */
export class RateLease {
  readonly #charges: LeaseCharges;
  #isOpen = true;

  /** @internal */
  constructor(charges: LeaseCharges) {
    this.#charges = charges;
  }

  static {
    chargesOf = (lease) => lease.#charges;
  }

  /**
   * Corrects the estimate, when the answer tells how many tokens the request has really taken. Fewer make room
   * for others at once. More are charged to the time at which the request started; that may be more than the
   * limit, and nobody starts until enough of it has passed. The first call counts, further ones do nothing.
   *
   * @throws RangeError or TypeError for what is no whole number from 0
   */
  settle(actualTokens: number): void {
    checkCount("actualTokens", actualTokens, 0);
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#charges.tokens?.correct(actualTokens);
    this.#charges.onRoom();
  }

  /** Gives all back, for a request that was never sent. After `settle` it does nothing. */
  cancel(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#charges.requests?.correct(0);
    this.#charges.tokens?.correct(0);
    this.#charges.onRoom();
  }
}
