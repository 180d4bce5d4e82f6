import { KnownLimit, type ObservedRate, type RateLimit } from "./known-limit.ts";
import { RateWindow, type Slot } from "./rate-window.ts";

/** A window is cut into this many parts: charges within one part expire together, with the last of them. */
const parts = 200;

/**
 * One limit, of requests or tokens, and its charges. All times are those of `performance.now()`, and none may be
 * before an earlier one.
 */
export class RateBudget extends KnownLimit {
  readonly #own = new RateWindow();
  /** What others have used, as shown by the service. */
  readonly #others = new RateWindow();
  /** The total that has expired. */
  #expired = 0;

  /** A snapshot, for debugging. */
  stateAt(now: number): RateLimit & { readonly free: number } {
    this.#expire(now);
    return { limit: this.limit, interval: this.interval, free: this.#free };
  }

  /** When to check again whether that much may start: `now` or earlier if it may start now. */
  startsAt(amount: number, now: number): number {
    this.#expire(now);
    return amount <= this.#free ? 0 : Math.min(this.#own.nextExpiry, this.#others.nextExpiry);
  }

  charge(amount: number, now: number): RateCharge {
    this.#expire(now);
    const slot = this.#own.add(amount, now + this.interval, this.interval / parts);
    return new WindowCharge(this.#own, slot, amount, this.#expired);
  }

  /** Learns from the response to the request of `charge`; without a charge, from a response received right now. */
  observe({ limit, remaining, reset }: ObservedRate, charge: RateCharge | undefined, now: number): void {
    this.#expire(now);
    if (limit !== undefined) this.learn(limit);
    if (remaining === undefined) return;
    // The service checked its window at some time since the request started. At any such time, ours held no more than it
    // holds now, requests in flight included, and what has expired since.
    const expiredSince = charge === undefined ? 0 : this.#expired - charge.expiredBefore;
    const usedByOthers = this.#free - expiredSince - remaining;
    if (usedByOthers <= 0) return;
    const holds = reset ?? this.interval;
    this.#others.add(usedByOthers, now + holds, Math.max(holds, this.interval) / parts);
  }

  get #free(): number {
    return this.limit - this.#own.used - this.#others.used;
  }

  #expire(now: number): void {
    this.#expired += this.#own.expire(now) + this.#others.expire(now);
  }
}

/** The charge of one request. */
export interface RateCharge {
  /** The total that had expired when the charge was made. */
  readonly expiredBefore: number;
  /** Corrects the charge, as if that much had been charged initially. Call it once. */
  correct(amount: number): void;
}

/** The charge of one request. */
class WindowCharge implements RateCharge {
  readonly #window: RateWindow;
  readonly #slot: Slot;
  readonly #amount: number;
  readonly expiredBefore: number;

  constructor(window: RateWindow, slot: Slot, amount: number, expiredBefore: number) {
    this.#window = window;
    this.#slot = slot;
    this.#amount = amount;
    this.expiredBefore = expiredBefore;
  }

  correct(amount: number): void {
    this.#window.correct(this.#slot, amount - this.#amount);
  }
}
