import { checkCount, checkMilliseconds, describe } from "@llx/support";
import type { RateCharge } from "./rate-budget.ts";
import type { RefusalControl, StartedRequest } from "../refusals/refusal-control.ts";
import type { Refusal } from "../refusals/refusal-gate.ts";

/** The charges of a lease's request. */
export interface LeaseCharges extends StartedRequest {
  readonly requests: RateCharge | undefined;
  readonly tokens: RateCharge | undefined;
  readonly inputs: RateCharge | undefined;
}

/** For the limiter only: the charges of a lease; `undefined` for a lease of another limiter. */
export let chargesOf: (lease: RateLease, owner: RefusalControl) => LeaseCharges | undefined;

/**
 * Permission to send one request. Its charge expires by itself, one interval after the request started. Report the
 * outcome with `settle` or `refused`, so that the limiter learns, and knows when a service accepts requests again. The
 * first call of a method counts; further calls do nothing.
 */
export class RateLease {
  /** The refusal control of its limiter. */
  readonly #owner: RefusalControl;
  readonly #charges: LeaseCharges;
  #isOpen = true;

  /** @internal */
  constructor(owner: RefusalControl, charges: LeaseCharges) {
    this.#owner = owner;
    this.#charges = charges;
  }

  static {
    chargesOf = (lease, owner) => (lease.#owner === owner ? lease.#charges : undefined);
  }

  /** @internal Whether it was admitted as a probe of a refusing service. */
  get isTry(): boolean {
    return this.#charges.isTry;
  }

  /**
   * The service has responded. Corrects the estimate, if the response states how many tokens the request actually used.
   * Fewer tokens make room for others at once. More are charged as of the start of the request; that may exceed the
   * limit, and nothing starts until enough of it has expired.
   *
   * @param actualTokens a whole number from 0. Default: as estimated
   * @throws RangeError or TypeError for any other value
   */
  settle(actualTokens?: number): void {
    if (actualTokens !== undefined) checkCount("actualTokens", actualTokens, 0);
    if (!this.#close()) return;
    const charges = this.#charges;
    const tokens = actualTokens ?? charges.estimate;
    if (tokens !== charges.estimate) charges.tokens?.correct(tokens);
    this.#owner.answered(charges, tokens);
  }

  /**
   * The service has refused the request because it is overloaded (429, 503). From now on one request at a time is admitted,
   * after the wait that the service asks for or after growing waits, until one gets a response. What was admitted before
   * shows how much the service accepts: after refusals that agree, no more than that starts.
   *
   * @throws RangeError or TypeError for invalid milliseconds
   */
  refused(refusal: Refusal = {}): void {
    if (typeof refusal !== "object" || refusal === null) {
      throw new TypeError(`refused takes { retryAfter, interval }, not ${describe(refusal)}`);
    }
    const { retryAfter, interval } = refusal;
    if (retryAfter !== undefined) checkMilliseconds("retryAfter", retryAfter);
    if (interval !== undefined) checkMilliseconds("interval", interval);
    // It stays charged: some services count what they refuse.
    if (this.#close()) this.#owner.refused(this.#charges, refusal);
  }

  /** The request was never sent: refunds the charge. */
  cancel(): void {
    if (!this.#close()) return;
    const charges = this.#charges;
    charges.requests?.correct(0);
    charges.tokens?.correct(0);
    charges.inputs?.correct(0);
    this.#owner.cancelled(charges);
  }

  /** @internal There was no response: whether the service has done the work is unknown. */
  lost(): void {
    if (this.#close()) this.#owner.lost(this.#charges);
  }

  #close(): boolean {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    return wasOpen;
  }
}
