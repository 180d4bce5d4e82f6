import { brand, checkCount, checkNames, checkSignal, describe } from "@llx/support";
import { OwnBudgets, type RateBudgets, type RateCharges } from "./rate-budgets.ts";
import { chargesOf, RateLease } from "./rate-lease.ts";
import {
  acquireNames,
  chargeNames,
  checkBudgets,
  checkLimiterOptions,
  type ObservedRates,
  type RateAcquireOptions,
  type RateLimiterOptions,
  type RateLimits,
  type RateOptions,
  type RateState,
} from "./rate-options.ts";
import { RateQueue } from "./rate-queue.ts";
import { notRefused, RefusalControl, type RefusalState } from "../refusals/refusal-control.ts";
import type { PauseListener, Refusal } from "../refusals/refusal-gate.ts";

/** In milliseconds. */
const tenYears = 10 * 365 * 24 * 3600 * 1000;

/** For limits over processes: replaces the budgets of a limiter that has not been used, and lends its queue. */
export let shareBudgets: (limiter: RateLimiter, budgets: RateBudgets) => RateQueue;

/**
 * Keeps requests within a service's rate limits: no more than `limit` requests, tokens or inputs start in any window of `interval`
 * milliseconds (a sliding window). There is no pacing: requests start at once while there is room. First come, first served;
 * a request that needs many tokens is not overtaken.
 *
 * If a service refuses anyway, as its leases report ({@link RateLease.refused}), all requests wait, one at a time is
 * sent as a probe, and the limiter learns from the refusals how much the service accepts per second, ten seconds or minute.
 *
 * A request counts from its start for `interval`, or up to 0.5 % longer: requests that start close together are counted
 * together, so that a limit stores at most about 200 sums, and as many for what others have used. Tokens count as estimated
 * until `settle`: the limit holds for what was known when each request started. A service counts when a request arrives:
 * make `interval` slightly longer than its own, by as much as the time to reach it varies.
 *
 * @example
 * ```ts
 * const limiter = new RateLimiter({
 *   requests: { limit: 500, interval: 60_000 },
 *   tokens: { limit: 800_000, interval: 60_000 },
 * });
 * const lease = await limiter.acquire({ tokens: 1_200 });
 * const response = await fetch(url);
 * lease.settle(1_150);
 * ```
 */
export class RateLimiter {
  private static readonly branded: void = /* @__PURE__ */ brand(this, "@llx/async/RateLimiter");

  #budgets: RateBudgets;
  readonly #needsTokens: boolean;
  readonly #refusals: RefusalControl;
  readonly #queue: RateQueue;
  #isPaused = false;
  #pausedUntil = 0;
  #closed: { readonly reason: unknown } | undefined;

  /** @throws TypeError or RangeError for invalid limits, or limits that cannot be enforced */
  constructor(limits: RateLimits, options: RateLimiterOptions = {}) {
    checkBudgets("limits", limits);
    checkLimiterOptions(options);
    const { requests, tokens, inputs } = limits;
    if (requests === undefined && tokens === undefined && inputs === undefined) {
      throw new TypeError("limits must have requests, tokens or inputs, not none of them");
    }
    this.#needsTokens = requests === undefined && inputs === undefined;
    this.#budgets = new OwnBudgets(limits);
    this.#queue = new RateQueue(
      (amount, count, now) => this.#startsAt(amount, count, now),
      (amount, count, now) => this.#start(amount, count, now),
    );
    this.#refusals = new RefusalControl(options.learn ?? true, () => this.#queue.serve());
  }

  static {
    shareBudgets = (limiter, budgets) => {
      limiter.#budgets = budgets;
      return limiter.#queue;
    };
  }

  /** How many requests wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** A snapshot of everything, for debugging. */
  get state(): RateState {
    const now = performance.now();
    const { refusedFor, pausedFor } = this.refusal;
    return {
      waiting: this.#queue.size,
      pausedFor: this.#isPaused ? Number.POSITIVE_INFINITY : Math.max(pausedFor, this.#pausedUntil - now),
      refusedFor,
      refused: this.#refusals.refusedInAll,
      learned: this.#refusals.learned,
      ...this.#budgets.stateAt(now),
    };
  }

  /**
   * Waits until a request may start, and counts it as started.
   *
   * @throws TypeError without `tokens` if nothing else is limited; RangeError for more tokens or inputs than the limit; the
   *   signal's reason; the reason of {@link close}
   */
  acquire(options?: RateAcquireOptions): Promise<RateLease> {
    try {
      if (options !== undefined) checkNames(options, acquireNames);
      const tokens = options?.tokens ?? this.#noTokens();
      const inputs = options?.inputs ?? 1;
      const signal = options?.signal;
      this.#check(tokens, inputs);
      checkSignal(signal);
      signal?.throwIfAborted();
      if (this.#closed !== undefined) return Promise.reject(this.#closed.reason);
      const now = performance.now();
      const at = this.#startsAt(tokens, inputs, now);
      if (this.#queue.size === 0 && at <= now) return Promise.resolve(this.#start(tokens, inputs, now));
      return this.#queue.wait(tokens, inputs, signal, at, now);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Counts a request as started if it may start now and no other waits; otherwise returns `undefined`.
   *
   * @throws TypeError without `tokens` if nothing else is limited; RangeError for more tokens or inputs than the limit
   */
  tryAcquire(options?: RateOptions): RateLease | undefined {
    if (options !== undefined) checkNames(options, chargeNames);
    const tokens = options?.tokens ?? this.#noTokens();
    const inputs = options?.inputs ?? 1;
    this.#check(tokens, inputs);
    if (this.#closed !== undefined || this.#queue.size > 0) return undefined;
    const now = performance.now();
    return this.#startsAt(tokens, inputs, now) <= now ? this.#start(tokens, inputs, now) : undefined;
  }

  /**
   * Starts nothing until {@link resume}. Requests in flight continue, and waiting ones can still be aborted.
   *
   * @throws TypeError for an argument: it has no duration, see {@link pauseUntil}
   */
  pause(...none: readonly never[]): void {
    if (none.length > 0) {
      throw new TypeError(
        "pause lasts until resume(); for a duration, call pauseUntil(Date.now() + milliseconds)",
      );
    }
    this.#isPaused = true;
  }

  /** Ends a {@link pause}. A wait requested by a service continues. */
  resume(): void {
    this.#isPaused = false;
    this.#queue.serve();
  }

  /**
   * Starts nothing until a given time, as for a service's `Retry-After`. A later time extends the pause; an earlier one
   * does not shorten it. Waiting requests can still be aborted.
   *
   * @param time milliseconds since 1970, as in `Date.now() + 30_000`, or a Date
   * @throws TypeError or RangeError for an invalid time, and for one of many years ago, which is a duration by mistake
   */
  pauseUntil(time: number | Date): void {
    const at = time instanceof Date ? time.getTime() : time;
    if (typeof at !== "number") {
      throw new TypeError(`time must be milliseconds since 1970 or a Date, not ${describe(at)}`);
    }
    if (!Number.isFinite(at)) throw new RangeError(`time must be a point in time, not ${at}`);
    if (Date.now() - at > tenYears) {
      throw new RangeError(
        `time must be a point in time, in milliseconds since 1970, not ${at}, which is long ago; ` +
          `for a duration pass Date.now() + ${at}`,
      );
    }
    // From here on, the monotonic clock counts.
    this.#pausedUntil = Math.max(this.#pausedUntil, performance.now() + at - Date.now());
  }

  /**
   * Learns from the rate limit headers of a response. `remaining` can lower what is free here, never raise it: if it is
   * lower than all requests of this limiter explain (those of the window, those in flight, and those that have left the
   * window since the request started), others have used the rest. That is charged from now until `reset`, or for one
   * `interval`. So a response that is late or out of order does no harm, and requests in flight show in the
   * responses that follow.
   *
   * A `limit` below the current one is adopted. A higher one is adopted only if the current one is what the service reported
   * before; a lower limit that you chose stays. Waiting requests that need more than the new limit get a RangeError.
   *
   * @param lease of the request, ideally settled before; without it the response counts as received right now
   * @throws TypeError or RangeError for invalid values, and for a lease of another limiter
   */
  observe(rates: ObservedRates, lease?: RateLease): void {
    checkBudgets("rates", rates);
    this.#budgets.checkObserved(rates);
    const charges = lease === undefined ? undefined : this.#chargesOf(lease);
    this.#budgets.observe(rates, charges, performance.now());
    this.#queue.reject((each, many) => this.#refusalOf(each, many));
    this.#queue.serve();
  }

  /** Rejects present and future calls of `acquire`. */
  close(reason: unknown = new Error("the rate limiter is closed")): void {
    const closed = (this.#closed ??= { reason });
    this.#queue.reject(() => closed.reason);
  }

  /** @internal */
  get refusal(): RefusalState {
    const now = performance.now();
    const { gate } = this.#refusals;
    const { since, startsAt } = gate;
    if (since === undefined) return notRefused;
    return {
      refusedFor: now - since,
      shownFor: gate.shownFor(now),
      pausedFor: Math.max(0, startsAt - now),
      cause: this.#refusals.cause,
    };
  }

  /** @internal A request without a lease was refused. */
  refused(refusal: Refusal): void {
    this.#refusals.refused(undefined, refusal);
  }

  /** @internal Notifies of refusals by the service, and of the time of the next probe. */
  watchRefusals(listener: PauseListener): void {
    this.#refusals.gate.watch(listener);
  }

  /** @internal */
  unwatchRefusals(listener: PauseListener): void {
    this.#refusals.gate.unwatch(listener);
  }

  /** The charge of a request without `tokens`. */
  #noTokens(): number {
    if (!this.#needsTokens) return 0;
    throw new TypeError(
      "tokens are missing, and this limiter limits nothing else, so the request would not be limited; pass { tokens }, or " +
        "limit requests: { limit, interval }",
    );
  }

  #check(tokens: number, inputs: number): void {
    checkCount("tokens", tokens, 0);
    checkCount("inputs", inputs, 0);
    const refusal = this.#refusalOf(tokens, inputs);
    if (refusal !== undefined) throw refusal;
  }

  #refusalOf(tokens: number, inputs: number): RangeError | undefined {
    return this.#budgets.refusal(tokens, inputs);
  }

  #chargesOf(lease: RateLease): RateCharges {
    const charges = lease instanceof RateLease ? chargesOf(lease, this.#refusals) : undefined;
    if (charges !== undefined) return charges;
    throw new TypeError(`lease must be a lease of this limiter, not ${describe(lease)}`);
  }

  /** When to check again whether a request may start: `now` or earlier if it may start now. */
  #startsAt(tokens: number, inputs: number, now: number): number {
    if (this.#isPaused) return Number.POSITIVE_INFINITY;
    const at = Math.max(this.#pausedUntil, this.#refusals.startsAt(tokens, now));
    return at > now ? at : this.#budgets.startsAt(tokens, inputs, now);
  }

  #start(tokens: number, inputs: number, now: number): RateLease {
    return new RateLease(this.#refusals, {
      charges: this.#budgets.charge(tokens, inputs, now),
      estimate: tokens,
      counted: this.#refusals.count(tokens, now),
      startedAt: now,
      isTry: this.#refusals.gate.started(now),
    });
  }
}
