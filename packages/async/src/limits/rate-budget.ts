import { checkCount, checkMilliseconds, describe } from "@llx/support";
import { RateWindow, type Slot } from "./rate-window.ts";

/** How much may start in a time. */
export interface RateLimit {
  /** The most within any `interval`: a whole number from 1. */
  readonly limit: number;
  /** In milliseconds. */
  readonly interval: number;
}

/** What a service tells of one of its limits. Leave out what it does not tell. */
export interface ObservedRate {
  /** The most within an interval: a whole number from 1. */
  readonly limit?: number | undefined;
  /** What is left of it: a whole number from 0. */
  readonly remaining?: number | undefined;
  /** How long that holds, in milliseconds from now. Default: the budget's interval. */
  readonly reset?: number | undefined;
}

/** A window is cut in so many parts: charges within one part leave together, with the last of them. */
const parts = 200;

/**
 * What may start of one kind, requests or tokens, and what has. All times are those of `performance.now()`;
 * none may be before one that was given earlier.
 */
export class RateBudget {
  readonly #name: string;
  readonly #interval: number;
  #limit: number;
  /** The limit that the service told of last. */
  #told: number | undefined;
  readonly #own = new RateWindow();
  /** What others have used, as far as the service has shown it. */
  readonly #others = new RateWindow();
  /** How much has ever left. */
  #left = 0;

  /** @throws TypeError or RangeError that says what was given and what is allowed */
  constructor(name: string, given: RateLimit) {
    if (typeof given !== "object" || given === null) {
      throw new TypeError(`${name} must be { limit, interval }, not ${describe(given)}`);
    }
    const { limit, interval } = given;
    checkCount(`${name}.limit`, limit);
    checkDuration(`${name}.interval`, interval);
    if (interval === 0) throw new RangeError(`${name}.interval must be more than 0 milliseconds`);
    this.#name = name;
    this.#limit = limit;
    this.#interval = interval;
  }

  /** What there is of it, for those who look. */
  stateAt(now: number): RateLimit & { readonly free: number } {
    this.#leave(now);
    return { limit: this.#limit, interval: this.#interval, free: this.#free };
  }

  /** Why so much could never start, however long it waited. */
  refusal(amount: number): RangeError | undefined {
    if (amount <= this.#limit) return undefined;
    return new RangeError(
      `${this.#name}: ${amount} is more than the limit of ${this.#limit} in ${this.#interval} ms; ` +
        `it could never start`,
    );
  }

  /** When to ask again whether so much may start: `now` or before, if it may start now. */
  startsAt(amount: number, now: number): number {
    this.#leave(now);
    return amount <= this.#free ? 0 : Math.min(this.#own.nextLeave, this.#others.nextLeave);
  }

  charge(amount: number, now: number): RateCharge {
    this.#leave(now);
    const slot = this.#own.add(amount, now + this.#interval, this.#interval / parts);
    return new RateCharge(this.#own, slot, amount, this.#left);
  }

  /** @throws TypeError or RangeError that says what was given and what is allowed */
  checkObserved(observed: ObservedRate): void {
    if (typeof observed !== "object" || observed === null) {
      throw new TypeError(`${this.#name} must be { limit, remaining, reset }, not ${describe(observed)}`);
    }
    const { limit, remaining, reset } = observed;
    if (limit !== undefined) checkCount(`${this.#name}.limit`, limit);
    if (remaining !== undefined) checkCount(`${this.#name}.remaining`, remaining, 0);
    if (reset !== undefined) checkDuration(`${this.#name}.reset`, reset);
  }

  /** Learns from the answer to the request of `charge`, or from one that is quite fresh. */
  observe({ limit, remaining, reset }: ObservedRate, charge: RateCharge | undefined, now: number): void {
    this.#leave(now);
    if (limit !== undefined) this.#learn(limit);
    if (remaining === undefined) return;
    // The service looked at its window at some time since the request started. What we had in ours at any such
    // time is no more than what is in it now, those in flight included, and what has left it since.
    const leftSince = charge === undefined ? 0 : this.#left - charge.leftBefore;
    const usedByOthers = this.#free - leftSince - remaining;
    if (usedByOthers <= 0) return;
    const holds = reset ?? this.#interval;
    this.#others.add(usedByOthers, now + holds, Math.max(holds, this.#interval) / parts);
  }

  /** A limit below the service's own is a choice, and stays; one that is the service's follows it. */
  #learn(limit: number): void {
    if (limit < this.#limit || this.#limit === this.#told) this.#limit = limit;
    this.#told = limit;
  }

  get #free(): number {
    return this.#limit - this.#own.used - this.#others.used;
  }

  #leave(now: number): void {
    this.#left += this.#own.leave(now) + this.#others.leave(now);
  }
}

/** What one request has taken of a budget. */
export class RateCharge {
  readonly #window: RateWindow;
  readonly #slot: Slot;
  readonly #amount: number;
  /** How much had ever left the budget when it was made. */
  readonly leftBefore: number;

  constructor(window: RateWindow, slot: Slot, amount: number, leftBefore: number) {
    this.#window = window;
    this.#slot = slot;
    this.#amount = amount;
    this.leftBefore = leftBefore;
  }

  /** Makes it as if so much had been charged in the first place. To be done once. */
  correct(amount: number): void {
    this.#window.correct(this.#slot, amount - this.#amount);
  }
}

/** @throws TypeError or RangeError that says what was given and what is allowed */
function checkDuration(name: string, value: unknown): void {
  checkMilliseconds(name, value);
  if (value === Number.POSITIVE_INFINITY) {
    throw new RangeError(`${name} must be finite, or nothing would ever start again`);
  }
}
