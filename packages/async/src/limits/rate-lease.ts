import { checkCount, checkMilliseconds, describe } from "@llx/support";
import type { RateCharges } from "./rate-budgets.ts";
import type { RefusalControl, StartedRequest } from "../refusals/refusal-control.ts";
import type { Refusal } from "../refusals/refusal-gate.ts";

/** The request of a lease. */
export interface LeasedRequest extends StartedRequest {
  readonly charges: RateCharges;
}

/** For the limiter only: the charges of a lease; `undefined` for a lease of another limiter. */
export let chargesOf: (lease: RateLease, owner: RefusalControl) => RateCharges | undefined;

/**
 * Permission to send one request. Its charge expires by itself, one interval after the request started. Report the
 * outcome with `settle`, `refused` or `lost`, so that the limiter learns, and knows when a service accepts requests again. The
 * first call of a method counts; further calls do nothing.
 */
export class RateLease {
  /** The refusal control of its limiter. */
  readonly #owner: RefusalControl;
  readonly #request: LeasedRequest;
  #isOpen = true;

  /** @internal */
  constructor(owner: RefusalControl, request: LeasedRequest) {
    this.#owner = owner;
    this.#request = request;
  }

  static {
    chargesOf = (lease, owner) => (lease.#owner === owner ? lease.#request.charges : undefined);
  }

  /** @internal Whether it was admitted as a probe of a refusing service. */
  get isTry(): boolean {
    return this.#request.isTry;
  }

  /** @internal Whether refusals have shown limits per interval, which now hold requests back. */
  get paces(): boolean {
    return this.#owner.paces;
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
    if (actualTokens !== undefined) checkCount("the tokens passed to settle", actualTokens, 0);
    if (!this.#close()) return;
    const request = this.#request;
    const tokens = actualTokens ?? request.estimate;
    if (tokens !== request.estimate) request.charges.tokens?.correct(tokens);
    this.#owner.answered(request, tokens);
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
    if (this.#close()) this.#owner.refused(this.#request, refusal);
  }

  /** The request was never sent: refunds the charge. */
  cancel(): void {
    if (!this.#close()) return;
    const { requests, tokens, inputs } = this.#request.charges;
    requests?.correct(0);
    tokens?.correct(0);
    inputs?.correct(0);
    this.#owner.cancelled(this.#request);
  }

  /** There is no response: no connection, or a time-out. Whether the service has done the work is unknown, so it stays charged. */
  lost(): void {
    if (this.#close()) this.#owner.lost(this.#request);
  }

  /** @internal The same, as its caller has aborted it. */
  cut(): void {
    if (this.#close()) this.#owner.cut(this.#request);
  }

  #close(): boolean {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    return wasOpen;
  }
}
