import {
  brand,
  checkBoolean,
  checkCount,
  checkWork,
  checkNames,
  checkSignal,
  checkString,
  checkTimeout,
  type NamesOf,
} from "@llx/support";
import { internally } from "../support/attribution.ts";
import { watchForDeadlocks } from "../inspect/watch-for-deadlocks.ts";
import { keepAlive } from "../support/keep-alive.ts";
import { named } from "../support/named.ts";
import { type Asker, type Holding, observation, type SemaphoreWatch } from "../support/observer.ts";
import { WaitQueue } from "./wait-queue.ts";
import { Waiter } from "./waiter.ts";

/** Options of `acquire` and `use`. */
export interface AcquireOptions {
  /** Its abort ends the wait. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How many permits to take at once.
   *
   * @default 1
   */
  readonly weight?: number | undefined;
  /**
   * How long to wait, in milliseconds; then the wait ends with a `TimeoutError`.
   *
   * @default Infinity
   */
  readonly timeout?: number | undefined;
}

/** The name of a semaphore in reports, and whether it detects deadlocks. */
export interface SemaphoreOptions {
  /** Names the semaphore in messages. Default: `"a semaphore of 4"`, with its number of permits. */
  readonly label?: string | undefined;
  /**
   * `true`: finds deadlocks among all semaphores with this option, and rejects the last waiter with a
   * {@link DeadlockError}. It follows the bodies of `use` and jobs. What the holder of a bare `acquire` does is
   * unknown, so it only warns, after 5 seconds. For debugging: every promise in the process becomes slower. Bun and
   * Deno do not tell what it needs to know: there it finds nothing.
   *
   * @default whether the environment variable `LLX_DETECT_DEADLOCKS` is set
   */
  readonly detectDeadlocks?: boolean | undefined;
}

const names: NamesOf<SemaphoreOptions> = { label: true, detectDeadlocks: true };
const acquireNames: NamesOf<AcquireOptions> = { signal: true, weight: true, timeout: true };
const tryNames: NamesOf<Pick<AcquireOptions, "weight">> = { weight: true };

/** Permits taken from a semaphore. Release them once; releasing them again does nothing. */
export class Permit implements Disposable {
  #semaphore: Semaphore | undefined;
  readonly #weight: number;
  readonly #holding: Holding | undefined;

  /** @internal */
  constructor(semaphore: Semaphore, weight: number, holding: Holding | undefined) {
    this.#semaphore = semaphore;
    this.#weight = weight;
    this.#holding = holding;
  }

  /** @internal Runs the body that holds the permits, so that deadlock detection can follow it. */
  run<R>(body: () => R): R {
    return this.#holding === undefined ? body() : this.#holding.run(body);
  }

  release(): void {
    const semaphore = this.#semaphore;
    if (semaphore === undefined) return;
    this.#semaphore = undefined;
    this.#holding?.end();
    giveBack(semaphore, this.#weight);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/** Returns permits to their semaphore. For `Permit` only. */
let giveBack: (semaphore: Semaphore, weight: number) => void;

/**
 * Counted permits, first come, first served. Weights do not change the order: a heavy waiter is not overtaken.
 *
 * @example
 * ```ts
 * const semaphore = new Semaphore(4);
 * const page = await semaphore.use(() => fetch(url));
 * ```
 */
export class Semaphore {
  private static readonly branded: void = /* @__PURE__ */ brand(this, "@llx/async/Semaphore");

  private static readonly kept: void = /* @__PURE__ */ keepAlive(
    /* @__PURE__ */ new Permit(/* @__PURE__ */ new this(1), 1, undefined),
  );

  #permits: number;
  #available: number;
  readonly #queue = new WaitQueue<Waiter<Permit>>();
  #watch: SemaphoreWatch | undefined;
  #isObserved = false;
  /** @internal How many requests that held permits were refused by a service. */
  refused = 0;
  #closed: { readonly reason: unknown } | undefined;
  /** What messages call it when it is closed. */
  readonly #name: string;
  readonly label: string;

  /** @throws RangeError or TypeError unless `permits` is a whole number from 1 */
  constructor(permits: number, options: SemaphoreOptions = {}) {
    checkCount("permits", permits);
    checkNames(options, names);
    this.#permits = permits;
    this.#available = permits;
    checkString("label", options.label);
    checkBoolean("detectDeadlocks", options.detectDeadlocks);
    this.#name = named("the semaphore", options.label);
    this.label = options.label ?? `a semaphore of ${permits}`;
    const { detectDeadlocks = Boolean(process.env["LLX_DETECT_DEADLOCKS"]) } = options;
    if (detectDeadlocks) this.#watch = watchForDeadlocks(this.label);
  }

  static {
    giveBack = (semaphore, weight) => {
      semaphore.#available += weight;
      if (semaphore.#queue.size > 0) semaphore.#serve();
    };
  }

  /** How many permits there are in all. */
  get permits(): number {
    return this.#permits;
  }

  /** How many permits are free; negative if `resize` has removed some that are held. */
  get available(): number {
    return this.#available;
  }

  /** How many waiters there are. */
  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Waits for permits.
   *
   * @throws TypeError for invalid options; RangeError for a weight above the total; the signal's reason; a `TimeoutError`; the reason of {@link close}
   */
  acquire(options?: AcquireOptions): Promise<Permit> {
    if (options === undefined) return this.#acquire(1, undefined, undefined);
    try {
      checkNames(options, acquireNames);
      const { weight = 1, signal, timeout } = options;
      this.#check(weight);
      checkSignal(signal);
      if (timeout !== undefined) checkTimeout("timeout", timeout);
      signal?.throwIfAborted();
      return this.#acquire(weight, signal, timeout);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Takes permits if they are free and no one waits; otherwise returns `undefined`. */
  tryAcquire(options?: { readonly weight?: number | undefined }): Permit | undefined {
    if (options !== undefined) checkNames(options, tryNames);
    const weight = options?.weight ?? 1;
    this.#check(weight);
    if (this.#closed !== undefined || this.#queue.size > 0 || weight > this.#available) return undefined;
    return this.#take(weight, this.#asker());
  }

  /**
   * Runs a function with permits, and releases them when it is done, also after an error.
   *
   * @throws what {@link acquire} throws; what the function throws
   */
  async use<R>(body: () => R | PromiseLike<R>, options?: AcquireOptions): Promise<R> {
    checkWork("body", body);
    const permit = await this.acquire(options);
    try {
      return await permit.run(body);
    } finally {
      permit.release();
    }
  }

  /**
   * Changes how many permits there are. Held permits stay held; a waiter for more than the new total is
   * rejected with a RangeError.
   *
   * @throws RangeError or TypeError unless `permits` is a whole number from 1
   */
  resize(permits: number): void {
    checkCount("permits", permits);
    this.#available += permits - this.#permits;
    this.#permits = permits;
    for (const waiter of this.#queue.all()) {
      if (waiter.weight > permits) this.#refuse(waiter, tooHeavy(waiter.weight, permits));
    }
    this.#serve();
  }

  /** Rejects present and future waiters; held permits can still be released. */
  close(reason: unknown = new Error(`${this.#name} is closed`)): void {
    this.#closed ??= { reason };
    for (const waiter of this.#queue.all()) this.#refuse(waiter, this.#closed.reason);
  }

  #acquire(weight: number, signal: AbortSignal | undefined, timeout: number | undefined): Promise<Permit> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed.reason);
    const asker = this.#asker();
    if (this.#queue.size === 0 && weight <= this.#available) {
      return Promise.resolve(this.#take(weight, asker));
    }
    const wait = (): Promise<Permit> =>
      new Promise((resolve, reject) => {
        const waiter = new Waiter(this.#giveUp, weight, resolve, reject, asker);
        this.#queue.add(waiter);
        if (signal !== undefined) waiter.watch(signal);
        if (timeout !== undefined) waiter.limit(timeout, () => tooLate(this.label, weight, timeout));
        if (asker !== undefined) waiter.report();
      });
    return asker === undefined ? wait() : internally(wait);
  }

  /** The caller, if there is an observer, which may be set later than the semaphore is created. */
  #asker(): Asker | undefined {
    const { observer } = observation;
    if (observer !== undefined && !this.#isObserved) {
      this.#isObserved = true;
      this.#watch = observer.semaphore(this, this.#watch);
    }
    return this.#watch?.asker();
  }

  #check(weight: number): void {
    checkCount("weight", weight);
    if (weight > this.#permits) throw tooHeavy(weight, this.#permits);
  }

  #take(weight: number, asker: Asker | undefined): Permit {
    observation.observer?.moved();
    this.#available -= weight;
    return new Permit(this, weight, asker?.hold(weight));
  }

  /** Takes the permits for a waiter before its promise resolves, so that no other caller gets them first. */
  #serve(): void {
    for (let waiter = this.#queue.first; waiter !== undefined; waiter = this.#queue.first) {
      if (waiter.signal?.aborted) {
        // Its abort is about to be delivered.
        this.#refuse(waiter, waiter.signal.reason);
        continue;
      }
      if (waiter.weight > this.#available) return;
      this.#leave(waiter);
      waiter.resolve(this.#take(waiter.weight, waiter.asker));
    }
  }

  #refuse(waiter: Waiter<Permit>, reason: unknown): void {
    this.#leave(waiter);
    waiter.reject(reason);
  }

  /** A waiter was aborted or has waited too long. Those behind a heavy one may be served now. */
  readonly #giveUp = (waiter: Waiter<Permit>, reason: unknown): void => {
    this.#refuse(waiter, reason);
    this.#serve();
  };

  #leave(waiter: Waiter<Permit>): void {
    this.#queue.remove(waiter);
    waiter.cleanUp();
  }
}

function tooLate(label: string, weight: number, timeout: number): string {
  const permits = weight === 1 ? "a permit" : `${weight} permits`;
  return `${label}: ${permits} did not come free within ${timeout} ms`;
}

function tooHeavy(weight: number, permits: number): RangeError {
  return new RangeError(
    `weight must be at most the number of permits, ${permits}, not ${weight}: it could never be granted`,
  );
}
