import { brand, checkCount, checkFunction, checkTimeout, describe } from "@llx/support";
import { LimitSearch, type Sent } from "./limit-search.ts";
import { saysOverload } from "./is-overload-error.ts";
import { type AcquireOptions, type Permit, Semaphore } from "./semaphore.ts";

/** Between which bounds the limit is sought, and what shrinks it. */
export interface AdaptiveLimiterOptions {
  /** The limit never falls below this. Default 1. */
  readonly min?: number | undefined;
  /** The limit never rises above this. Default 200. */
  readonly max?: number | undefined;
  /** The limit to begin with. Default 10, or what of `min` and `max` is nearest to it. */
  readonly initial?: number | undefined;
  /**
   * Whether an error says that the service has too much to do. Default: a `status` or `statusCode` of 429, 503 or
   * 529, or a `name` that ends in `TimeoutError`; on the error itself or on its `cause`.
   */
  readonly isOverload?: ((error: unknown) => boolean) | undefined;
  /**
   * How long a request may take, in milliseconds. The limit then stays so low that all are answered in time, where a
   * service works off one after another: such a service goes on with what was given up. Default: no matter how long.
   */
  readonly timeout?: number | undefined;
  /** What it limits, for messages. */
  readonly label?: string | undefined;
}

/** Leave to send one request. It is given back once, by the first of its methods that is called. */
export class AdaptivePermit implements Disposable {
  #search: LimitSearch | undefined;
  readonly #permit: Permit;
  /** `undefined` while it is not known whether the request will be sent. */
  #sent: Sent | undefined;
  readonly #isOverload: (error: unknown) => boolean;

  /** @internal */
  constructor(search: LimitSearch, permit: Permit, isOverload: (error: unknown) => boolean) {
    this.#search = search;
    this.#permit = permit;
    this.#isOverload = isOverload;
  }

  /** @internal The request is sent now: from here on it counts as under way. */
  begin(): void {
    this.#sent = this.#search?.send();
  }

  /** The service has done its work. */
  succeed(): void {
    if (this.#sent !== undefined) this.#end()?.succeeded(this.#sent);
    this.#permit.release();
  }

  /**
   * The request has failed. An error that means overload shrinks the limit; any other says nothing about load.
   *
   * @throws what `isOverload` throws; the permit is given back all the same
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
        else search?.forget(sent);
      }
      this.#permit.release();
    }
  }

  /** Nothing is known of how the request went: it was aborted, say, or never sent. */
  release(): void {
    if (this.#sent !== undefined) this.#end()?.forget(this.#sent);
    this.#permit.release();
  }

  [Symbol.dispose](): void {
    this.release();
  }

  /** @internal Runs the body that has the permit, where deadlock detection can follow it. */
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
 * Finds out how many requests at once a service bears, and lets through so many: first come, first served. The
 * limit grows while all is well and is in use, and shrinks when the service refuses.
 *
 * The rule, in short. A **refusal** of a request that was the n-th under way tells that n were too many: the limit
 * becomes what got through, n − 1. Refusals that come of the same flight (all that was sent before the limit
 * shrank) are one signal; each of them is one request that did not get through, and together they at most halve
 * the limit. A **step up** is made after a round (as many successes as the limit), once the first request that was
 * sent with the limit full, the scout, has succeeded: so an idle limiter does not grow, and where refusals come
 * late (time-outs) it waits for them. The first step is 1, and each that goes well doubles the next, so that ten
 * times the capacity is found in about six rounds; a refusal makes it 1 again. After a refusal, the first step
 * waits for at least 25 successes, so that no more than about one request in 25 pays for knowing the limit. And the
 * scout is waited for 16 rounds, not for ever, as it may hang.
 *
 * Where even one request alone is refused, refusals say nothing of how many there may be at once, for the next 25
 * successes: there were too many in a time.
 *
 * But for `timeout` it looks at refusals alone, not at latency: a service that queues without end, and neither refuses
 * nor runs into a time-out, is filled up to `max`. Where a service counts requests a minute, a rate is what
 * has to be limited, not how many run at once.
 *
 * Sources: slow start and "one reduction for each window" of TCP (RFC 5681, RFC 6582); the slow beginning and fast
 * end of a search for more, of CUBIC (RFC 9438); to go back to what was delivered rather than to half, of BBR.
 *
 * @example
 * ```ts
 * const limiter = new AdaptiveLimiter({ max: 64 });
 * const answer = await limiter.use(async () => {
 *   const response = await fetch(url);
 *   if (!response.ok) throw Object.assign(new Error("refused"), { status: response.status });
 *   return response.text();
 * });
 * ```
 */
export class AdaptiveLimiter {
  private static readonly branded: void = /* @__PURE__ */ brand(this, "@llx/async/AdaptiveLimiter");

  /** What it limits, as given. */
  readonly label: string | undefined;
  /** The highest limit that there may be. */
  readonly max: number;
  readonly #semaphore: Semaphore;
  readonly #search: LimitSearch;
  readonly #isOverload: (error: unknown) => boolean;

  /** @throws TypeError or RangeError that says what was given and what is allowed */
  constructor(options: AdaptiveLimiterOptions = {}) {
    if (typeof options !== "object" || options === null) {
      throw new TypeError(`options must be an object, not ${describe(options)}`);
    }
    const { min = 1, max = 200, isOverload = saysOverload, label, timeout } = options;
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
    if (label !== undefined && typeof label !== "string") {
      throw new TypeError(`label must be a string, not ${describe(label)}`);
    }
    this.label = label;
    this.max = max;
    this.#semaphore = new Semaphore(initial, { label: label ?? "an adaptive limiter" });
    this.#search = new LimitSearch(this.#semaphore, min, max, timeout);
    this.#isOverload = isOverload;
  }

  /** How many requests may be under way now. */
  get limit(): number {
    return this.#semaphore.permits;
  }

  /** How many permits are out; for a while more than the limit, where that has shrunk. */
  get running(): number {
    return this.#semaphore.permits - this.#semaphore.available;
  }

  /** How many permits are free; below 0 where the limit has shrunk below what is out. */
  get available(): number {
    return this.#semaphore.available;
  }

  /** How many wait for a permit. */
  get waiting(): number {
    return this.#semaphore.waiting;
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
    }
    const wait = options && { signal: options.signal, timeout: options.timeout };
    return this.#semaphore.acquire(wait).then(this.#lend);
  }

  /** Takes a permit if one is free and nobody waits; else `undefined`. */
  tryAcquire(): AdaptivePermit | undefined {
    const permit = this.#semaphore.tryAcquire();
    return permit && this.#lend(permit);
  }

  /** @internal As `acquire`; the request may have to wait for something else before it is sent. */
  async reserve(signal: AbortSignal): Promise<AdaptivePermit> {
    return this.#reserve(await this.#semaphore.acquire({ signal }));
  }

  /** @internal */
  tryReserve(): AdaptivePermit | undefined {
    const permit = this.#semaphore.tryAcquire();
    return permit && this.#reserve(permit);
  }

  /** Runs a function with a permit, and learns from how it ends. */
  async use<R>(body: () => R | PromiseLike<R>, options?: Omit<AcquireOptions, "weight">): Promise<R> {
    checkFunction("what use is given", body);
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

  /** Refuses all who wait and all who come; permits that are out can still be given back. */
  close(reason: unknown = new Error(`the limiter${this.label ? ` "${this.label}"` : ""} is closed`)): void {
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
