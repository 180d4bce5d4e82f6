import { checkCount, checkMilliseconds, describe } from "@llx/support";
import type { Counted } from "../refusals/learned-windows.ts";
import type { RateCharge } from "./rate-budget.ts";
import type { Refusal } from "../refusals/refusal-gate.ts";

/** What a lease has taken. */
export interface LeaseCharges {
  readonly requests: RateCharge | undefined;
  readonly tokens: RateCharge | undefined;
  /** The tokens that were charged. */
  readonly estimate: number;
  /** Where the request is counted to learn from refusals. */
  readonly counted: Counted;
  readonly startedAt: number;
  /** Whether it was let through to try a service that refuses. */
  readonly isTry: boolean;
}

/** Who gave a lease. */
export interface LeaseOwner {
  answered(charges: LeaseCharges, tokens: number | undefined): void;
  refused(charges: LeaseCharges, refusal: Refusal): void;
  cancelled(charges: LeaseCharges): void;
  lost(charges: LeaseCharges): void;
}

/** For the limiter alone. */
export let chargesOf: (lease: RateLease, owner: LeaseOwner) => LeaseCharges | undefined;

/**
 * Leave to send one request. What it has taken comes free by itself, an interval after the request started. Tell how the
 * request went, by `settle` or `refused`: so the limiter learns, and knows when a service takes requests again.
 */
export class RateLease {
  readonly #owner: LeaseOwner;
  readonly #charges: LeaseCharges;
  #isOpen = true;

  /** @internal */
  constructor(owner: LeaseOwner, charges: LeaseCharges) {
    this.#owner = owner;
    this.#charges = charges;
  }

  static {
    chargesOf = (lease, owner) => (lease.#owner === owner ? lease.#charges : undefined);
  }

  /** @internal Whether the request is sent to try a service that refuses. */
  get isTry(): boolean {
    return this.#charges.isTry;
  }

  /**
   * The service has answered. Corrects the estimate, where the answer tells how many tokens the request has really
   * taken. Fewer make room for others at once. More are charged to the time at which the request started; that may be
   * more than the limit, and nobody starts until enough of it has passed. Of all the methods here, the first call
   * counts, further ones do nothing.
   *
   * @throws RangeError or TypeError for what is no whole number from 0
   */
  settle(actualTokens?: number): void {
    if (actualTokens !== undefined) checkCount("actualTokens", actualTokens, 0);
    if (this.#close()) this.#owner.answered(this.#charges, actualTokens);
  }

  /**
   * The service has refused the request, as it has too much to do (429, 503). From now on requests are let through one at
   * a time, after the wait that the service asks for or waits that grow, until one is answered.
   * What was let through before tells how much the service bears: after refusals that agree, no more than that starts.
   *
   * @throws RangeError or TypeError for what is no number of milliseconds
   */
  refused(refusal: Refusal = {}): void {
    if (typeof refusal !== "object" || refusal === null) {
      throw new TypeError(`refused takes { retryAfter, interval }, not ${describe(refusal)}`);
    }
    const { retryAfter, interval } = refusal;
    if (retryAfter !== undefined) checkMilliseconds("retryAfter", retryAfter);
    if (interval !== undefined) checkMilliseconds("interval", interval);
    if (this.#close()) this.#owner.refused(this.#charges, refusal);
  }

  /** Gives all back, for a request that was never sent. */
  cancel(): void {
    if (this.#close()) this.#owner.cancelled(this.#charges);
  }

  /** @internal There was no answer: nothing is known of whether the service has done the work. */
  lost(): void {
    if (this.#close()) this.#owner.lost(this.#charges);
  }

  #close(): boolean {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    return wasOpen;
  }
}
