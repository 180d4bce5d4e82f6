import { checkCount, checkMilliseconds, checkNames, describe, type NamesOf } from "@llx/support";
import { RateWindow, type Slot } from "./rate-window.ts";

/** How much may start per interval. */
export interface RateLimit {
  /** The most within any `interval`: a whole number from 1. */
  readonly limit: number;
  /** In milliseconds. */
  readonly interval: number;
}

const names: NamesOf<RateLimit> = { limit: true, interval: true };

/** What a service reports of one of its limits. Omit what it does not report. */
export interface ObservedRate {
  /** The most per interval: a whole number from 1. */
  readonly limit?: number | undefined;
  /** How much is left: a whole number from 0. */
  readonly remaining?: number | undefined;
  /** When the limit resets, in milliseconds from now. Default: the interval of the limit. */
  readonly reset?: number | undefined;
}

/** A window is cut into this many parts: charges within one part expire together, with the last of them. */
const parts = 200;

/**
 * One limit, of requests or tokens, and its charges. All times are those of `performance.now()`, and none may be
 * before an earlier one.
 */
export class RateBudget {
  readonly #name: string;
  readonly #interval: number;
  #limit: number;
  /** The limit that the service reported last. */
  #reported: number | undefined;
  readonly #own = new RateWindow();
  /** What others have used, as shown by the service. */
  readonly #others = new RateWindow();
  /** The total that has expired. */
  #expired = 0;

  /** @throws TypeError or RangeError with the value given and the values allowed */
  constructor(name: string, given: RateLimit) {
    if (typeof given !== "object" || given === null) {
      throw new TypeError(`${name} must be { limit, interval }, not ${describe(given)}`);
    }
    checkNames(given, names, undefined, `${name}.`);
    const { limit, interval } = given;
    checkCount(`${name}.limit`, limit);
    checkDuration(`${name}.interval`, interval);
    if (interval === 0) throw new RangeError(`${name}.interval must be more than 0 milliseconds`);
    this.#name = name;
    this.#limit = limit;
    this.#interval = interval;
  }

  /** A snapshot, for debugging. */
  stateAt(now: number): RateLimit & { readonly free: number } {
    this.#expire(now);
    return { limit: this.#limit, interval: this.#interval, free: this.#free };
  }

  /** Why a request of that size could never start. */
  refusal(amount: number): RangeError | undefined {
    if (amount <= this.#limit) return undefined;
    return new RangeError(
      `${this.#name}: ${amount} is more than the limit of ${this.#limit} in ${this.#interval} ms; ` +
        `it could never start`,
    );
  }

  /** When to check again whether that much may start: `now` or earlier if it may start now. */
  startsAt(amount: number, now: number): number {
    this.#expire(now);
    return amount <= this.#free ? 0 : Math.min(this.#own.nextExpiry, this.#others.nextExpiry);
  }

  charge(amount: number, now: number): RateCharge {
    this.#expire(now);
    const slot = this.#own.add(amount, now + this.#interval, this.#interval / parts);
    return new RateCharge(this.#own, slot, amount, this.#expired);
  }

  /** @throws TypeError or RangeError with the value given and the values allowed */
  checkObserved(observed: ObservedRate): void {
    if (typeof observed !== "object" || observed === null) {
      throw new TypeError(`${this.#name} must be { limit, remaining, reset }, not ${describe(observed)}`);
    }
    const { limit, remaining, reset } = observed;
    if (limit !== undefined) checkCount(`${this.#name}.limit`, limit);
    if (remaining !== undefined) checkCount(`${this.#name}.remaining`, remaining, 0);
    if (reset !== undefined) checkDuration(`${this.#name}.reset`, reset);
  }

  /** Learns from the response to the request of `charge`; without a charge, from a response received right now. */
  observe({ limit, remaining, reset }: ObservedRate, charge: RateCharge | undefined, now: number): void {
    this.#expire(now);
    if (limit !== undefined) this.#learn(limit);
    if (remaining === undefined) return;
    // The service checked its window at some time since the request started. At any such time, ours held no more than it
    // holds now, requests in flight included, and what has expired since.
    const expiredSince = charge === undefined ? 0 : this.#expired - charge.expiredBefore;
    const usedByOthers = this.#free - expiredSince - remaining;
    if (usedByOthers <= 0) return;
    const holds = reset ?? this.#interval;
    this.#others.add(usedByOthers, now + holds, Math.max(holds, this.#interval) / parts);
  }

  /** A limit below the service's own is the user's choice and stays; one that the service reported follows the service. */
  #learn(limit: number): void {
    if (limit < this.#limit || this.#limit === this.#reported) this.#limit = limit;
    this.#reported = limit;
  }

  get #free(): number {
    return this.#limit - this.#own.used - this.#others.used;
  }

  #expire(now: number): void {
    this.#expired += this.#own.expire(now) + this.#others.expire(now);
  }
}

/** The charge of one request. */
export class RateCharge {
  readonly #window: RateWindow;
  readonly #slot: Slot;
  readonly #amount: number;
  /** The total that had expired when the charge was made. */
  readonly expiredBefore: number;

  constructor(window: RateWindow, slot: Slot, amount: number, expiredBefore: number) {
    this.#window = window;
    this.#slot = slot;
    this.#amount = amount;
    this.expiredBefore = expiredBefore;
  }

  /** Corrects the charge, as if that much had been charged initially. Call it once. */
  correct(amount: number): void {
    this.#window.correct(this.#slot, amount - this.#amount);
  }
}

/** @throws TypeError or RangeError with the value given and the values allowed */
function checkDuration(name: string, value: unknown): void {
  checkMilliseconds(name, value);
  if (value === Number.POSITIVE_INFINITY) {
    throw new RangeError(`${name} must be finite, or nothing would ever start again`);
  }
}
