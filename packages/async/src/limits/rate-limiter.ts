import { brand, checkCount, checkSignal, describe, timerDelay } from "@llx/support";
import { RateBudget } from "./rate-budget.ts";
import { LearnedWindows } from "../refusals/learned-windows.ts";
import { chargesOf, type LeaseCharges, type LeaseOwner, RateLease } from "./rate-lease.ts";
import {
  checkNames,
  type ObservedRates,
  type RateAcquireOptions,
  type RateLimiterOptions,
  type RateLimits,
  type RateOptions,
  type RateState,
} from "./rate-options.ts";
import { type PauseListener, type Refusal, RefusalGate } from "../refusals/refusal-gate.ts";
import { WaitQueue } from "./wait-queue.ts";
import { Waiter } from "./waiter.ts";

/**
 * Holds requests back, so that a service's limits are kept: never more than `limit` requests, or tokens, start
 * within any time of `interval` milliseconds. There is no pacing: while there is room, they start at once. First
 * come, first served; one that needs many tokens is not overtaken.
 *
 * Where a service refuses all the same, as its leases tell ({@link RateLease.refused}), everybody waits, one request at a
 * time tries, and the limiter learns from the refusals how much the service lets through in a second, in ten, or in a
 * minute.
 *
 * A request counts from when it was let go until `interval` later, or up to 0.5 % of `interval` longer: those that
 * start close to each other are counted together, so that a budget never keeps more than some 200 sums, and up to
 * as many for what others have used. Tokens count as estimated until `settle`: the limit holds for what was known
 * whenever a request started. A service counts when a request arrives: stay a little below its limit where
 * requests take unevenly long to get there.
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

  readonly #requests: RateBudget | undefined;
  readonly #tokens: RateBudget | undefined;
  readonly #queue = new WaitQueue<Waiter<RateLease>>();
  readonly #gate = new RefusalGate();
  readonly #learned = new LearnedWindows();
  readonly #learns: boolean;
  /** The window in which the service counts, by its own words. */
  #named: number | undefined;
  #isPaused = false;
  #pausedUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;
  #closed: { readonly reason: unknown } | undefined;

  /** @throws TypeError or RangeError for limits that are none, or that nothing could keep */
  constructor(limits: RateLimits, { learn = true }: RateLimiterOptions = {}) {
    checkNames("limits", limits);
    if (typeof learn !== "boolean")
      throw new TypeError(`learn must be true or false, not ${describe(learn)}`);
    this.#learns = learn;
    const { requests, tokens } = limits;
    if (requests === undefined && tokens === undefined) {
      throw new TypeError("limits must have requests, tokens or both, not neither");
    }
    if (requests !== undefined) this.#requests = new RateBudget("requests", requests);
    if (tokens !== undefined) this.#tokens = new RateBudget("tokens", tokens);
  }

  /** How many wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** A look at everything, for debugging. */
  get state(): RateState {
    const now = performance.now();
    return {
      waiting: this.#queue.size,
      pausedFor: this.#isPaused
        ? Number.POSITIVE_INFINITY
        : Math.max(0, Math.max(this.#pausedUntil, this.#gate.startsAt) - now),
      refusedFor: this.#gate.since === undefined ? 0 : now - this.#gate.since,
      requests: this.#requests?.stateAt(now),
      tokens: this.#tokens?.stateAt(now),
    };
  }

  /**
   * Waits until a request may start, and counts it as started.
   *
   * @throws RangeError for more tokens than the limit; the signal's reason; the reason of {@link close}
   */
  acquire(options?: RateAcquireOptions): Promise<RateLease> {
    try {
      const tokens = options?.tokens ?? 0;
      const signal = options?.signal;
      this.#check(tokens);
      checkSignal(signal);
      signal?.throwIfAborted();
      if (this.#closed !== undefined) return Promise.reject(this.#closed.reason);
      const now = performance.now();
      const at = this.#startsAt(tokens, now);
      if (this.#queue.size === 0 && at <= now) return Promise.resolve(this.#start(tokens, now));
      return new Promise((resolve, reject) => {
        const waiter = new Waiter(this.#giveUp, tokens, resolve, reject);
        this.#queue.add(waiter);
        if (signal !== undefined) waiter.watch(signal);
        if (this.#queue.size === 1) this.#wakeAt(at, now);
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Counts a request as started if it may start now and nobody waits; else `undefined`. */
  tryAcquire(options?: RateOptions): RateLease | undefined {
    const tokens = options?.tokens ?? 0;
    this.#check(tokens);
    if (this.#closed !== undefined || this.#queue.size > 0) return undefined;
    const now = performance.now();
    return this.#startsAt(tokens, now) <= now ? this.#start(tokens, now) : undefined;
  }

  /** Lets nobody start until {@link resume}. What runs goes on, and what waits can still be aborted. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Ends a {@link pause}. A wait that a service has asked for goes on. */
  resume(): void {
    this.#isPaused = false;
    this.#serve();
  }

  /**
   * Lets nobody start until a time, as a service's `Retry-After` asks for. A later pause makes it longer; an
   * earlier one does not make it shorter. What waits can still be aborted.
   *
   * @param time milliseconds since 1970, as in `Date.now() + 30_000`, or a Date
   * @throws TypeError or RangeError for what is no time
   */
  pauseUntil(time: number | Date): void {
    const at = time instanceof Date ? time.getTime() : time;
    if (typeof at !== "number") {
      throw new TypeError(`time must be milliseconds since 1970 or a Date, not ${describe(at)}`);
    }
    if (!Number.isFinite(at)) throw new RangeError(`time must be a point in time, not ${at}`);
    // From here on by the clock that nobody sets.
    this.#pausedUntil = Math.max(this.#pausedUntil, performance.now() + at - Date.now());
  }

  /**
   * Learns from an answer's headers. `remaining` counts for less than it says, never for more: where it is lower
   * than all our own requests can explain (those of the window, those in flight, and those that have left the
   * window since the answered request started), others have used the rest. That is charged from now until
   * `reset`, or for an `interval`. So an answer that is late, or overtaken by others, does no harm, and what is in
   * flight is seen in the answers that follow.
   *
   * A `limit` below ours is taken. One above ours is taken where ours is what the service told before, and has
   * changed; a lower limit of your own choice stays. Who waits for more than there is now gets a RangeError.
   *
   * @param lease of the request that was answered, best settled before; without it the answer is taken as made
   * this very moment
   * @throws TypeError or RangeError for what no service can mean
   */
  observe(rates: ObservedRates, lease?: RateLease): void {
    checkNames("rates", rates);
    const { requests, tokens } = rates;
    if (requests !== undefined) this.#requests?.checkObserved(requests);
    if (tokens !== undefined) this.#tokens?.checkObserved(tokens);
    const charges = lease === undefined ? undefined : this.#chargesOf(lease);
    const now = performance.now();
    if (requests !== undefined) this.#requests?.observe(requests, charges?.requests, now);
    if (tokens !== undefined) this.#tokens?.observe(tokens, charges?.tokens, now);
    if (this.#queue.size === 0) return;
    for (const waiter of this.#queue.all()) {
      const refusal = this.#tokens?.refusal(waiter.weight);
      if (refusal !== undefined) this.#refuse(waiter, refusal);
    }
    this.#serve();
  }

  /** Refuses all who wait and all who come. */
  close(reason: unknown = new Error("the rate limiter is closed")): void {
    this.#closed ??= { reason };
    for (const waiter of this.#queue.all()) this.#refuse(waiter, this.#closed.reason);
  }

  #check(tokens: number): void {
    checkCount("tokens", tokens, 0);
    const refusal = this.#tokens?.refusal(tokens);
    if (refusal !== undefined) throw refusal;
  }

  #chargesOf(lease: RateLease): LeaseCharges {
    const charges = lease instanceof RateLease ? chargesOf(lease, this.#owner) : undefined;
    if (charges !== undefined) return charges;
    throw new TypeError(`lease must be one that this limiter gave, not ${describe(lease)}`);
  }

  /** When to ask again whether a request may start: `now` or before, if it may start now. */
  #startsAt(tokens: number, now: number): number {
    if (this.#isPaused) return Number.POSITIVE_INFINITY;
    return Math.max(
      this.#pausedUntil,
      this.#gate.startsAt,
      this.#learned.startsAt(tokens, now),
      this.#requests?.startsAt(1, now) ?? 0,
      this.#tokens?.startsAt(tokens, now) ?? 0,
    );
  }

  #start(tokens: number, now: number): RateLease {
    return new RateLease(this.#owner, {
      requests: this.#requests?.charge(1, now),
      tokens: this.#tokens?.charge(tokens, now),
      estimate: tokens,
      counted: this.#learned.started(tokens, now),
      startedAt: now,
      isTry: this.#gate.started(now),
    });
  }

  readonly #owner: LeaseOwner = {
    answered: ({ tokens: charge, estimate, counted, startedAt, isTry }, tokens = estimate) => {
      if (tokens !== estimate) charge?.correct(tokens);
      this.#learned.answered(counted, estimate, tokens);
      const { refusals } = this.#gate;
      if (isTry && refusals !== undefined) {
        const now = performance.now();
        this.#learn(refusals.since, now);
        if (this.#learns) this.#learned.ended(refusals, startedAt, now);
        this.#gate.answered(startedAt, isTry);
      }
      this.#serve();
    },
    // It counts as started all the same: some services count what they refuse.
    refused: ({ estimate, counted, startedAt, isTry }, refusal) => {
      this.#learned.refused(counted, estimate);
      this.#refused(startedAt, isTry, refusal);
    },
    cancelled: ({ requests, tokens, estimate, counted, isTry }) => {
      requests?.correct(0);
      tokens?.correct(0);
      this.#learned.refused(counted, estimate);
      this.#gate.lost(isTry, performance.now());
      this.#serve();
    },
    lost: ({ isTry }) => {
      this.#gate.lost(isTry, performance.now());
      this.#serve();
    },
  };

  /** @internal For how long the service has refused, and until when nobody may start. */
  get refusal(): { readonly refusedFor: number; readonly pausedFor: number } {
    const now = performance.now();
    const { since, startsAt } = this.#gate;
    return since === undefined
      ? { refusedFor: 0, pausedFor: 0 }
      : { refusedFor: now - since, pausedFor: Math.max(0, startsAt - now) };
  }

  /** @internal A request was refused that has no lease. */
  refused(refusal: Refusal): void {
    this.#refused(performance.now(), false, refusal);
  }

  /** @internal Tells when a service refuses, and when the next try is. */
  watchRefusals(listener: PauseListener): void {
    this.#gate.watch(listener);
  }

  /** @internal */
  unwatchRefusals(listener: PauseListener): void {
    this.#gate.unwatch(listener);
  }

  #refused(startedAt: number, isTry: boolean, refusal: Refusal): void {
    const now = performance.now();
    this.#named = refusal.interval ?? this.#named;
    if (isTry && this.#gate.since !== undefined) {
      // By now, what was under way when the service began to refuse has come back too.
      this.#learn(this.#gate.since, now);
    }
    this.#gate.refused(startedAt, isTry, refusal, this.#learned.ends(now), now);
    const { refusals } = this.#gate;
    if (this.#learns && isTry && refusals !== undefined && this.#named !== undefined) {
      this.#learned.named(this.#named, refusals, now);
    }
    this.#serve();
  }

  #learn(since: number, now: number): void {
    if (this.#learns) this.#learned.learn(since, now);
  }

  /** A request is counted before its waiter's promise resolves, so that nobody slips in between. */
  readonly #serve = (): void => {
    if (this.#queue.size === 0) return;
    const now = performance.now();
    for (let waiter = this.#queue.first; waiter !== undefined; waiter = this.#queue.first) {
      if (waiter.signal?.aborted) {
        // It is about to be told.
        this.#refuse(waiter, waiter.signal.reason);
        continue;
      }
      const at = this.#startsAt(waiter.weight, now);
      if (at > now) {
        this.#wakeAt(at, now);
        return;
      }
      this.#leave(waiter);
      waiter.resolve(this.#start(waiter.weight, now));
    }
  };

  /** There is one timer, and only while somebody waits. One that comes too early is set again when it comes. */
  #wakeAt(at: number, now: number): void {
    if (at >= this.#wakesAt) return;
    clearTimeout(this.#timer);
    this.#wakesAt = at;
    this.#timer = setTimeout(this.#wake, timerDelay(Math.ceil(at - now)));
  }

  readonly #wake = (): void => {
    this.#wakesAt = Number.POSITIVE_INFINITY;
    this.#serve();
  };

  /** A waiter was aborted. Those behind one that needs much may go now. */
  readonly #giveUp = (waiter: Waiter<RateLease>, reason: unknown): void => {
    this.#refuse(waiter, reason);
    this.#serve();
  };

  #refuse(waiter: Waiter<RateLease>, reason: unknown): void {
    this.#leave(waiter);
    waiter.reject(reason);
  }

  #leave(waiter: Waiter<RateLease>): void {
    this.#queue.remove(waiter);
    waiter.cleanUp();
    if (this.#queue.size > 0) return;
    clearTimeout(this.#timer);
    this.#wakesAt = Number.POSITIVE_INFINITY;
  }
}
