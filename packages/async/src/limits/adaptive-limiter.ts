import {
  brand,
  checkCount,
  checkFunction,
  checkNames,
  checkString,
  checkTimeout,
  checkWork,
  isAbortError,
  type NamesOf,
} from "@llx/support";
import { LimitSearch, type SentRequest } from "./limit-search.ts";
import { isOverloadError } from "./is-overload-error.ts";
import { named } from "../support/named.ts";
import { type AcquireOptions, type Permit, Semaphore } from "./semaphore.ts";

/** The bounds of the limit, and what shrinks it. */
export interface AdaptiveLimiterOptions {
  /**
   * The lowest limit: a whole number from 1.
   *
   * @default 1
   */
  readonly min?: number | undefined;
  /**
   * The highest limit: a whole number from `min`.
   *
   * @default 200
   */
  readonly max?: number | undefined;
  /** The initial limit: a whole number from `min` to `max`. Default: 10, or the bound nearest to it. */
  readonly initial?: number | undefined;
  /**
   * Whether an error means that the service is overloaded. Default: a `status` or `statusCode` of 429, 503 or 529, or a
   * `name` that ends in `TimeoutError`; on the error itself or on its `cause`.
   */
  readonly isOverload?: ((error: unknown) => boolean) | undefined;
  /**
   * How long a request may take, in milliseconds. The limit then stays low enough that a service that handles one request
   * after another responds to all of them in time: such a service also works on abandoned requests. Default: response
   * times are ignored.
   */
  readonly timeout?: number | undefined;
  /** The name of what it limits, for messages. */
  readonly label?: string | undefined;
}

const names: NamesOf<AdaptiveLimiterOptions> = {
  min: true,
  max: true,
  initial: true,
  isOverload: true,
  timeout: true,
  label: true,
};

const acquireNames: NamesOf<Omit<AcquireOptions, "weight">> = { signal: true, timeout: true };

/** A permit to send one request. The first method called releases it; further calls do nothing. */
export class AdaptivePermit implements Disposable {
  #search: LimitSearch | undefined;
  readonly #permit: Permit;
  /** `undefined` until it is known whether the request will be sent. */
  #sent: SentRequest | undefined;
  readonly #isOverload: (error: unknown) => boolean;

  /** @internal */
  constructor(search: LimitSearch, permit: Permit, isOverload: (error: unknown) => boolean) {
    this.#search = search;
    this.#permit = permit;
    this.#isOverload = isOverload;
  }

  /** @internal The request is sent now, and counts as in flight. */
  begin(): void {
    this.#sent = this.#search?.send();
  }

  /** @internal The request has succeeded within limits per interval, which refusals have shown. */
  regain(): void {
    this.#search?.regain();
  }

  /** The request has succeeded. */
  succeed(): void {
    if (this.#sent !== undefined) this.#end()?.succeeded(this.#sent);
    this.#permit.release();
  }

  /**
   * The request has failed. An error that means overload lowers the limit; any other says nothing about load.
   *
   * @throws what `isOverload` throws; the permit is released even then
   */
  fail(error: unknown): void {
    const sent = this.#sent;
    const search = sent && this.#end();
    const isOverload = this.#isOverload;
    let wasRefused = false;
    try {
      wasRefused = search !== undefined && isOverload(error);
    } finally {
      if (sent !== undefined) {
        if (wasRefused) search?.refused(sent);
        else if (isAbortError(error)) search?.cut(sent);
        else search?.forget(sent);
      }
      this.#permit.release();
    }
  }

  /** @internal The request was aborted by its caller. */
  cut(): void {
    if (this.#sent !== undefined) this.#end()?.cut(this.#sent);
    this.#permit.release();
  }

  /** The outcome is unknown: for example, the request was aborted or never sent. */
  release(): void {
    if (this.#sent !== undefined) this.#end()?.forget(this.#sent);
    this.#permit.release();
  }

  [Symbol.dispose](): void {
    this.release();
  }

  /** @internal Runs the body that holds the permit, so that deadlock detection can follow it. */
  run<R>(body: () => R): R {
    return this.#permit.run(body);
  }

  #end(): LimitSearch | undefined {
    const search = this.#search;
    this.#search = undefined;
    return search;
  }
}

/**
 * Finds out how many requests at once a service accepts, and lets that many through: first come, first served. The limit
 * grows while it is in use and requests succeed, and shrinks when the service refuses.
 *
 * The rule, in short. A **refusal** of a request that was the n-th in flight means that n were too many: the limit becomes
 * what got through, n − 1, less 1 % (fractions add up). Refusals of the same flight (everything sent before the limit fell)
 * are one signal: each is one request that did not get through, and together they at most halve the limit. A **step up**
 * follows a round (as many successes as the limit) as soon as the probe has succeeded, the first request that was sent with
 * the limit full. So an idle limiter does not grow, and where refusals come late (as timeouts) it waits for them. The first
 * step is 1 plus the percent given up, and each success doubles the next step, so that ten times the capacity is found in
 * about six rounds. After a refusal, the first step waits for at least 20 successes: at most about one request in 20 is
 * refused to learn the limit. The limiter waits at most 16 rounds for a probe, which may hang.
 *
 * Other processes that use the same service need no coordination. What a limiter gives up is free for their steps until its
 * own next step. If then a request is refused although no more were in flight than got through at the last signal, others
 * have taken some (or the capacity has fallen), and the limit falls by 8 % instead of 1 %. A high limit thus yields more
 * than a low one, while the first step is the same for all, so limits become equal on average. If there are more
 * processes than the service accepts requests, refusals cannot be avoided: each limiter lets at least `min` through.
 *
 * If even a single request alone is refused, there were too many per interval, or others use all there is: the next step
 * does not wait for 20 successes.
 *
 * Unless `timeout` is set, it looks only at refusals, not at latency: a service that queues without bound, and neither
 * refuses nor times out, is filled up to `max`. If a service counts requests per minute, limit the rate instead
 * (`RateLimiter`).
 *
 * In a run with a `rate`, which learns from refusals how much a service accepts per interval, they were that limit's once it is known:
 * a limit below that of the beginning then grows by one with each success, up to it.
 *
 * A request that its caller **aborts** says nothing about load. But a limit below that of the beginning grows by one with each,
 * up to it: where callers leave before a slow queue reaches them, nothing succeeds, and nothing else would raise it.
 *
 * Sources: slow start and "one reduction per window" of TCP (RFC 5681, RFC 6582); the slow start and fast end of a search
 * for more, of CUBIC (RFC 9438); the return to what was delivered rather than to half, of BBR; additive increase and
 * multiplicative decrease lead to equal shares (D.-M. Chiu and R. Jain, "Analysis of the increase and decrease algorithms
 * for congestion avoidance in computer networks", 1989).
 *
 * @example
 * ```ts
 * const limiter = new AdaptiveLimiter({ max: 64 });
 * const text = await limiter.use(async () => {
 *   const response = await fetch(url);
 *   if (!response.ok) throw Object.assign(new Error("refused"), { status: response.status });
 *   return response.text();
 * });
 * ```
 */
export class AdaptiveLimiter {
  private static readonly branded: void = /* @__PURE__ */ brand(this, "@llx/async/AdaptiveLimiter");

  /** The name of what it limits. */
  readonly label: string | undefined;
  /** The highest limit. */
  readonly max: number;
  readonly #semaphore: Semaphore;
  readonly #search: LimitSearch;
  readonly #isOverload: (error: unknown) => boolean;

  /** @throws TypeError or RangeError with the value given and the values allowed */
  constructor(options: AdaptiveLimiterOptions = {}) {
    checkNames(options, names);
    const { min = 1, max = 200, isOverload = isOverloadError, label, timeout } = options;
    checkCount("min", min);
    checkCount("max", max);
    if (min > max) throw new RangeError(`min must be no more than max, not ${min} where max is ${max}`);
    const { initial = Math.min(Math.max(defaultInitial, min), max) } = options;
    checkCount("initial", initial);
    if (initial < min || initial > max) {
      throw new RangeError(`initial must be from min (${min}) to max (${max}), not ${initial}`);
    }
    checkFunction("isOverload", isOverload);
    if (timeout !== undefined) checkTimeout("timeout", timeout);
    checkString("label", label);
    this.label = label;
    this.max = max;
    this.#semaphore = new Semaphore(initial, { label: label ?? "an adaptive limiter" });
    this.#search = new LimitSearch(this.#semaphore, min, max, timeout);
    this.#isOverload = isOverload;
  }

  /** How many requests may be in flight now. */
  get limit(): number {
    return this.#semaphore.permits;
  }

  /** How many permits are held; temporarily more than the limit after it has fallen. */
  get running(): number {
    return this.#semaphore.permits - this.#semaphore.available;
  }

  /** How many permits are free; negative while more are held than the limit allows. */
  get available(): number {
    return this.#semaphore.available;
  }

  /** How many callers wait for a permit. */
  get waiting(): number {
    return this.#semaphore.waiting;
  }

  /** @internal How many requests were refused. */
  get refused(): number {
    return this.#semaphore.refused;
  }

  set refused(count: number) {
    this.#semaphore.refused = count;
  }

  /**
   * Waits for a permit.
   *
   * @throws the signal's reason; a `TimeoutError` after `timeout` milliseconds; the reason of {@link close}
   */
  acquire(options?: Omit<AcquireOptions, "weight">): Promise<AdaptivePermit> {
    if (options === undefined) {
      const permit = this.tryAcquire();
      if (permit !== undefined) return Promise.resolve(permit);
    } else {
      try {
        checkNames(options, acquireNames);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    return this.#semaphore.acquire(options).then(this.#lend);
  }

  /** Takes a permit if one is free and no one waits; otherwise returns `undefined`. */
  tryAcquire(): AdaptivePermit | undefined {
    const permit = this.#semaphore.tryAcquire();
    return permit && this.#lend(permit);
  }

  /** @internal Like `acquire`, for a request that may have to wait for another limit before it is sent. */
  async reserve(signal: AbortSignal): Promise<AdaptivePermit> {
    return this.#reserve(await this.#semaphore.acquire({ signal }));
  }

  /** @internal */
  tryReserve(): AdaptivePermit | undefined {
    const permit = this.#semaphore.tryAcquire();
    return permit && this.#reserve(permit);
  }

  /**
   * Runs a function with a permit, and learns from its outcome.
   *
   * @throws what {@link acquire} throws; what the function throws
   */
  async use<R>(body: () => R | PromiseLike<R>, options?: Omit<AcquireOptions, "weight">): Promise<R> {
    checkWork("body", body);
    const permit = await this.acquire(options);
    try {
      const result = await permit.run(body);
      permit.succeed();
      return result;
    } catch (error) {
      permit.fail(error);
      throw error;
    }
  }

  /** Rejects present and future calls of `acquire`; held permits can still be released. */
  close(reason: unknown = new Error(`${named("the limiter", this.label)} is closed`)): void {
    this.#semaphore.close(reason);
  }

  readonly #lend = (permit: Permit): AdaptivePermit => {
    const lent = this.#reserve(permit);
    lent.begin();
    return lent;
  };

  #reserve(permit: Permit): AdaptivePermit {
    return new AdaptivePermit(this.#search, permit, this.#isOverload);
  }
}

const defaultInitial = 10;
