import { checkNames, checkSignal, checkTimeout, checkWork, raceAbort } from "@llx/support";
import { type AsyncClosable, Closing } from "../run/closable.ts";
import { Deadline } from "./deadline.ts";
import { IdleStack } from "./idle-stack.ts";
import {
  acquireNames,
  checkPoolOptions,
  type PoolSettings,
  type ResourceAcquireOptions,
  type ResourcePoolOptions,
} from "./resource-pool-options.ts";
import { ResourceSupply } from "./resource-supply.ts";
import { named } from "../support/named.ts";
import { type Permit, Semaphore } from "../limits/semaphore.ts";

/** A lent resource. Return it once; returning it again does nothing. */
export interface Lease<R> extends Disposable {
  readonly resource: R;
  /** Returns it, for the next borrower. */
  release(): void;
  /** Returns a broken resource, which is destroyed. Never rejects: the pool reports a failure. */
  destroy(): Promise<void>;
}

/** A lease, and the permit that it holds. */
interface Lent<R> {
  readonly lease: Lease<R>;
  readonly permit: Permit;
}

/** How long `aclose` waits for lent resources until it says so, in milliseconds. */
const patience = 5_000;

/**
 * Lends resources that are expensive to create (connections, browsers, threads), each to one borrower at a time: created
 * when first needed, up to `max`; first come, first served; the one used last is lent first.
 *
 * A resource that cannot be destroyed causes a process warning, or rejects the {@link aclose} that destroys it.
 *
 * @example
 * ```ts
 * const pool = new ResourcePool({ create: () => openConnection(), max: 4, idleTimeout: 30_000 });
 * const rows = await pool.use((connection) => connection.query("select 1"), { timeout: 5_000 });
 * await pool.aclose();
 * ```
 */
export class ResourcePool<R> implements AsyncClosable {
  readonly #settings: PoolSettings<R>;
  /**
   * A permit has one holder at a time: a search, which validates an idle resource or creates one; then the lease; then, for
   * a broken resource, its `destroy`. A search whose borrower has given up holds it until it ends. Idle resources hold none.
   */
  readonly #permits: Semaphore;
  readonly #idle: IdleStack<R>;
  readonly #supply: ResourceSupply<R>;
  /** What messages call it when it is closed. */
  readonly #name: string;
  readonly #closing: Closing;
  #lent = 0;
  readonly #stop = new AbortController();
  readonly label: string;

  /** @throws TypeError or RangeError for invalid options */
  constructor(options: ResourcePoolOptions<R>) {
    checkPoolOptions(options);
    this.#settings = options as PoolSettings<R>;
    const { max, idleTimeout = Number.POSITIVE_INFINITY, detectDeadlocks } = this.#settings;
    this.#name = named("the resource pool", this.#settings.label);
    this.#closing = new Closing(this.#name, () => this.#drain());
    this.label = this.#settings.label ?? `a resource pool of ${max}`;
    this.#permits = new Semaphore(max, { label: this.label, detectDeadlocks });
    this.#supply = new ResourceSupply(this.#settings, this.label);
    this.#idle = new IdleStack(idleTimeout, {
      expire: (resource) => void this.#destroy(resource, this.#permits.tryAcquire()),
    });
  }

  /** How many resources exist: lent, idle, being created, or being destroyed. */
  get size(): number {
    return this.#supply.size;
  }

  /** How many are idle. */
  get idle(): number {
    return this.#idle.size;
  }

  /** How many borrowers wait for one to come free. */
  get waiting(): number {
    return this.#permits.waiting;
  }

  get closed(): boolean {
    return this.#closing.closed;
  }

  /**
   * Borrows a resource. If its borrower gives up while it is being created, it goes to the next one.
   *
   * @throws what `create` throws, as it is; the signal's reason; a `TimeoutError`; Error if the pool is closed, also while
   *   this waits; TypeError or RangeError for invalid options
   */
  async acquire(options?: ResourceAcquireOptions): Promise<Lease<R>> {
    return (await this.#acquire(options)).lease;
  }

  /**
   * Lends a resource to a function, and takes it back when that is done, also after an error. A function that finds it
   * broken calls `lease.destroy()`.
   *
   * @throws what {@link acquire} throws; what the function throws
   */
  async use<T>(
    body: (resource: R, lease: Lease<R>) => T | PromiseLike<T>,
    options?: ResourceAcquireOptions,
  ): Promise<T> {
    checkWork("body", body);
    const { lease, permit } = await this.#acquire(options);
    try {
      return await permit.run(() => body(lease.resource, lease));
    } finally {
      lease.release();
    }
  }

  /**
   * Rejects present and future calls of `acquire`, destroys idle resources, and waits for lent ones, which are destroyed as
   * they are returned. If some are still lent after 5 seconds, a process warning says so.
   *
   * @throws the error of a resource that could not be destroyed meanwhile; an `AggregateError` of several
   */
  aclose(): Promise<void> {
    return this.#closing.aclose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }

  async #acquire(options: ResourceAcquireOptions = {}): Promise<Lent<R>> {
    checkNames(options, acquireNames);
    const { signal, timeout } = options;
    checkSignal(signal);
    if (timeout !== undefined) checkTimeout("timeout", timeout);
    this.#closing.throwIfClosed();
    signal?.throwIfAborted();

    let permit = this.#permits.tryAcquire();
    if (permit !== undefined && this.#settings.validate === undefined) {
      const idle = this.#idle.pop();
      if (idle !== undefined) return { lease: this.#lend(idle.resource, permit), permit };
    }
    const deadline = new Deadline([signal, this.#stop.signal], timeout, () => {
      const { max } = this.#settings;
      return `${this.label}: no resource was ready within ${timeout} ms; there are ${this.size}, at most ${max}, and ${this.waiting} wait`;
    });
    try {
      permit ??= await this.#permits.acquire({ signal: deadline.signal });
      return { lease: await this.#borrow(permit, deadline.signal), permit };
    } finally {
      deadline.clear();
    }
  }

  /** Uses a permit to lend a resource. A search cannot be stopped: if its borrower gives up, it runs to its end. */
  async #borrow(permit: Permit, signal: AbortSignal): Promise<Lease<R>> {
    const search = this.#search(signal);
    try {
      return this.#lend(await raceAbort(search, signal), permit);
    } catch (error) {
      if (signal.aborted && error === signal.reason) this.#abandon(search, permit, error);
      else permit.release();
      throw error;
    }
  }

  /** A valid idle resource, or a new one. */
  async #search(signal: AbortSignal): Promise<R> {
    for (;;) {
      signal.throwIfAborted();
      const idle = this.#idle.pop();
      // oxlint-disable-next-line no-await-in-loop -- it ends the loop
      if (idle === undefined) return await this.#supply.create();
      // oxlint-disable-next-line no-await-in-loop -- the next one is looked at only if this one is broken
      if (await this.#supply.isValid(idle.resource)) return idle.resource;
      // oxlint-disable-next-line no-await-in-loop -- a new one may exist only when this one is gone
      await this.#supply.destroy(idle.resource);
    }
  }

  /** The borrower of a search has given up. Its permit is released when the search ends. */
  #abandon(search: Promise<R>, permit: Permit, reason: unknown): void {
    search.then(
      (resource) => this.#takeBack(resource, permit),
      (error) => {
        permit.release();
        if (error !== reason) {
          this.#supply.warnOfFailure("could not be created, after its borrower had given up", error);
        }
      },
    );
  }

  #lend(resource: R, permit: Permit): Lease<R> {
    let isLent = true;
    let destroyed = Promise.resolve();
    this.#lent++;
    const end = (): void => {
      isLent = false;
      this.#lent--;
    };
    const release = (): void => {
      if (!isLent) return;
      end();
      this.#takeBack(resource, permit);
    };
    const destroy = (): Promise<void> => {
      if (!isLent) return destroyed;
      end();
      return (destroyed = this.#destroy(resource, permit));
    };
    return { resource, release, destroy, [Symbol.dispose]: release };
  }

  #takeBack(resource: R, permit: Permit): void {
    if (this.closed) {
      void this.#destroy(resource, permit);
      return;
    }
    this.#idle.push(resource);
    permit.release();
  }

  async #destroy(resource: R, permit: Permit | undefined): Promise<void> {
    await this.#supply.destroy(resource);
    permit?.release();
  }

  async #drain(): Promise<void> {
    this.#supply.isClosing = true;
    // Everything called from here on sees that the pool is closed.
    await Promise.resolve();
    this.#stop.abort(new Error(`${this.#name} was closed before a resource was ready`));
    for (const resource of this.#idle.clear()) void this.#supply.destroy(resource);
    const timer = setTimeout(() => this.#warnOfLent(), patience).unref();
    try {
      await this.#supply.drained();
    } finally {
      clearTimeout(timer);
    }
  }

  #warnOfLent(): void {
    if (this.#lent === 0) return;
    const resources = this.#lent === 1 ? "1 lent resource" : `${this.#lent} lent resources`;
    this.#supply.warn(
      `aclose() has waited ${patience / 1000} s for ${resources}; call release() of each lease, ` +
        "and do not await aclose() inside pool.use(…), which would wait for itself",
    );
  }
}
