import { checkCount, describe } from "./job-options.ts";

export interface AcquireOptions {
  /** Its abort ends the wait. */
  readonly signal?: AbortSignal | undefined;
  /** How many permits to take at once. Default 1. */
  readonly weight?: number | undefined;
}

/** Permits taken from a semaphore, to be given back once; giving them back again does nothing. */
export class Permit implements Disposable {
  #release: (() => void) | undefined;

  /** @internal */
  constructor(release: () => void) {
    this.#release = release;
  }

  release(): void {
    const release = this.#release;
    this.#release = undefined;
    release?.();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/** A wait for permits, linked to its neighbours so that it can leave the queue from anywhere. */
interface Waiter {
  readonly weight: number;
  readonly grant: (permit: Permit) => void;
  readonly refuse: (reason: unknown) => void;
  before: Waiter | undefined;
  after: Waiter | undefined;
}

/**
 * Counted permits, first come, first served; also where weights differ: a heavy waiter is not overtaken.
 *
 * @example
 * ```ts
 * const semaphore = new Semaphore(4);
 * const page = await semaphore.use(() => fetch(url));
 * ```
 */
export class Semaphore {
  readonly #permits: number;
  #available: number;
  #waiting = 0;
  #first: Waiter | undefined;
  #last: Waiter | undefined;
  #closed: { readonly reason: unknown } | undefined;

  /** @throws RangeError or TypeError for a number of permits that is no whole number from 1 */
  constructor(permits: number) {
    checkCount("permits", permits);
    this.#permits = permits;
    this.#available = permits;
  }

  /** Permits that are free. */
  get available(): number {
    return this.#available;
  }

  /** How many wait for permits. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Waits for permits.
   *
   * @throws RangeError for a weight above the total; the signal's reason; the reason of {@link close}
   */
  async acquire(options: AcquireOptions = {}): Promise<Permit> {
    const { weight = 1, signal } = options;
    this.#check(weight);
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw new TypeError(`signal must be an AbortSignal, not ${describe(signal)}`);
    }
    signal?.throwIfAborted();
    if (this.#closed) throw this.#closed.reason;
    if (this.#first === undefined && weight <= this.#available) return this.#take(weight);
    return this.#wait(weight, signal);
  }

  /** Takes permits if they are free and nobody waits; else `undefined`. */
  tryAcquire(options: { readonly weight?: number | undefined } = {}): Permit | undefined {
    const { weight = 1 } = options;
    this.#check(weight);
    if (this.#closed || this.#first !== undefined || weight > this.#available) return undefined;
    return this.#take(weight);
  }

  /** Runs a function with permits, and gives them back when it is done, also after an error. */
  async use<R>(body: () => R | PromiseLike<R>, options?: AcquireOptions): Promise<R> {
    const permit = await this.acquire(options);
    try {
      return await body();
    } finally {
      permit.release();
    }
  }

  /** Refuses all who wait and all who come; permits that are out can still be given back. */
  close(reason: unknown = new Error("the semaphore is closed")): void {
    this.#closed ??= { reason };
    for (let waiter = this.#first; waiter !== undefined; waiter = this.#first) {
      this.#leave(waiter);
      waiter.refuse(this.#closed.reason);
    }
  }

  #check(weight: number): void {
    checkCount("weight", weight);
    if (weight > this.#permits) {
      throw new RangeError(
        `weight ${weight} is more than the ${this.#permits} permits there are; it could never be granted`,
      );
    }
  }

  #take(weight: number): Permit {
    this.#available -= weight;
    return new Permit(() => {
      this.#available += weight;
      this.#serve();
    });
  }

  /** Permits are taken for a waiter before its promise resolves, so that nobody slips in between. */
  #serve(): void {
    for (
      let waiter = this.#first;
      waiter !== undefined && waiter.weight <= this.#available;
      waiter = this.#first
    ) {
      this.#leave(waiter);
      waiter.grant(this.#take(waiter.weight));
    }
  }

  async #wait(weight: number, signal: AbortSignal | undefined): Promise<Permit> {
    const { promise, resolve, reject } = Promise.withResolvers<Permit>();
    const waiter: Waiter = { weight, grant: resolve, refuse: reject, before: this.#last, after: undefined };
    if (this.#last) this.#last.after = waiter;
    else this.#first = waiter;
    this.#last = waiter;
    this.#waiting++;
    if (signal === undefined) return promise;
    const onAbort = (): void => {
      this.#leave(waiter);
      reject(signal.reason);
      // Those behind a heavy waiter may go now.
      this.#serve();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  #leave(waiter: Waiter): void {
    if (waiter.before) waiter.before.after = waiter.after;
    else this.#first = waiter.after;
    if (waiter.after) waiter.after.before = waiter.before;
    else this.#last = waiter.before;
    this.#waiting--;
  }
}
