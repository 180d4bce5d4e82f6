import { checkFunction, checkSignal, checkTimeout, describeThrown } from "@llx/support";
import { type AsyncClosable, closerOf, Closing } from "../run/closable.ts";
import { allOf, type Failure } from "../run/failures.ts";
import { IdleStack } from "./idle-stack.ts";
import { Patience } from "./deadline.ts";
import {
  checkPoolOptions,
  type PoolSettings,
  type ResourceAcquireOptions,
  type ResourcePoolOptions,
} from "./resource-pool-options.ts";
import { type Permit, Semaphore } from "../limits/semaphore.ts";

/** A resource that is lent, to be given back once; giving it back again does nothing. */
export interface Lease<R> extends Disposable {
  readonly resource: R;
  /** Gives it back, for the next one to use. */
  release(): void;
  /** Gives it back to be destroyed, as it is broken. Never rejects: what fails is told of by the pool. */
  destroy(): Promise<void>;
}

/** A lease, and the place that it takes. */
interface Lent<R> {
  readonly lease: Lease<R>;
  readonly place: Permit;
}

/**
 * Lends resources that are expensive to create (connections, browsers, threads), each to one borrower at a time:
 * made when first needed, up to `max`; first come, first served; the one used last is lent first.
 *
 * A resource that cannot be destroyed is told of in a warning, or by the rejection of {@link aclose}, which closes.
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
  /** A place is taken by each resource that is lent, made, validated or destroyed; idle ones have none. */
  readonly #places: Semaphore;
  readonly #idle: IdleStack<R>;
  #size = 0;
  readonly #closing = new Closing("the resource pool", () => this.#drain());
  readonly #stop = new AbortController();
  readonly #gone = Promise.withResolvers<void>();
  readonly #failures: Failure[] = [];
  readonly label: string;

  /** @throws TypeError or RangeError for bad options */
  constructor(options: ResourcePoolOptions<R>) {
    checkPoolOptions(options);
    this.#settings = options as PoolSettings<R>;
    const { max, idleTimeout = Number.POSITIVE_INFINITY, detectDeadlocks } = this.#settings;
    this.label = this.#settings.label ?? `a resource pool of ${max}`;
    this.#places = new Semaphore(max, { label: this.label, detectDeadlocks });
    this.#idle = new IdleStack(idleTimeout, {
      expire: (resource) => void this.#end(resource, this.#places.tryAcquire()),
    });
  }

  /** How many there are: lent, idle, being made, or being destroyed. */
  get size(): number {
    return this.#size;
  }

  /** How many lie idle. */
  get idle(): number {
    return this.#idle.size;
  }

  /** How many wait for one to come free. */
  get waiting(): number {
    return this.#places.waiting;
  }

  get closed(): boolean {
    return this.#closing.closed;
  }

  /**
   * Borrows a resource. One that is being made when its borrower gives up goes to the next one.
   *
   * @throws what `create` throws, as it is; the signal's reason; a `TimeoutError`; Error where the pool is closed,
   *   also while this waits; TypeError or RangeError for bad options
   */
  async acquire(options?: ResourceAcquireOptions): Promise<Lease<R>> {
    return (await this.#acquire(options)).lease;
  }

  /**
   * Lends a resource to a function, and takes it back when that is done, also after an error. A function that finds
   * it broken calls `lease.destroy()`.
   *
   * @throws what {@link acquire} throws; what the function throws
   */
  async use<T>(
    body: (resource: R, lease: Lease<R>) => T | PromiseLike<T>,
    options?: ResourceAcquireOptions,
  ): Promise<T> {
    checkFunction("what use is given", body);
    const { lease, place } = await this.#acquire(options);
    try {
      return await place.run(() => body(lease.resource, lease));
    } finally {
      lease.release();
    }
  }

  /**
   * Refuses those who wait and come, destroys what is idle, awaits what is lent and destroys it when it comes back.
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
    const { signal, timeout } = options;
    checkSignal(signal);
    if (timeout !== undefined) checkTimeout("timeout", timeout);
    this.#closing.throwIfClosed();
    signal?.throwIfAborted();

    let place = this.#places.tryAcquire();
    if (place !== undefined && this.#settings.validate === undefined) {
      const idle = this.#idle.pop();
      if (idle !== undefined) return { lease: this.#lend(idle.resource, place), place };
    }
    const patience = new Patience([signal, this.#stop.signal], timeout, () => {
      const { max } = this.#settings;
      return `${this.label}: no resource was ready within ${timeout} ms; there are ${this.#size}, at most ${max}, and ${this.waiting} wait`;
    });
    try {
      place ??= await this.#places.acquire({ signal: patience.signal });
      return { lease: await this.#borrow(place, patience), place };
    } finally {
      patience.end();
    }
  }

  async #drain(): Promise<void> {
    // Whatever is called from here on sees that the pool is closed.
    await Promise.resolve();
    this.#stop.abort(new Error("the resource pool was closed before a resource was ready"));
    for (const resource of this.#idle.clear()) void this.#end(resource, undefined);
    if (this.#size > 0) await this.#gone.promise;
    if (this.#failures.length > 0) throw allOf(this.#failures);
  }

  /** Finds a resource to a place. The search ends by itself, whether it is still waited for or not. */
  async #borrow(place: Permit, patience: Patience): Promise<Lease<R>> {
    const search = this.#find(place, patience.signal);
    try {
      return this.#lend(await patience.outlast(search), place);
    } catch (error) {
      const { aborted, reason } = patience.signal;
      if (aborted && error === reason) {
        search.then(
          (resource) => this.#takeBack(resource, place),
          (late) => {
            if (late !== reason) this.#warn("could not be made, when nobody waited for it any more", late);
          },
        );
      }
      throw error;
    }
  }

  async #find(place: Permit, signal: AbortSignal): Promise<R> {
    try {
      for (;;) {
        signal.throwIfAborted();
        const idle = this.#idle.pop();
        // oxlint-disable-next-line no-await-in-loop -- it is the last one
        if (idle === undefined) return await this.#make();
        // oxlint-disable-next-line no-await-in-loop -- the next one is looked at only where this one is broken
        if (await this.#isValid(idle.resource)) return idle.resource;
        // oxlint-disable-next-line no-await-in-loop -- it stands in the place of the next one
        await this.#end(idle.resource, undefined);
      }
    } catch (error) {
      place.release();
      throw error;
    }
  }

  async #isValid(resource: R): Promise<boolean> {
    const settings = this.#settings;
    try {
      return settings.validate === undefined || (await settings.validate(resource)) !== false;
    } catch {
      return false;
    }
  }

  async #make(): Promise<R> {
    this.#size++;
    try {
      const resource = await this.#settings.create();
      if (this.#settings.destroy === undefined)
        closerOf(resource, "what create gives, where no destroy is given,");
      return resource;
    } catch (error) {
      this.#shrink();
      throw error;
    }
  }

  #lend(resource: R, place: Permit): Lease<R> {
    let isOut = true;
    let destroyed = Promise.resolve();
    const release = (): void => {
      if (!isOut) return;
      isOut = false;
      this.#takeBack(resource, place);
    };
    const destroy = (): Promise<void> => {
      if (!isOut) return destroyed;
      isOut = false;
      return (destroyed = this.#end(resource, place));
    };
    return { resource, release, destroy, [Symbol.dispose]: release };
  }

  #takeBack(resource: R, place: Permit): void {
    if (this.closed) {
      void this.#end(resource, place);
      return;
    }
    this.#idle.push(resource);
    place.release();
  }

  /** Destroys one; its place is free when that is done. */
  async #end(resource: R, place: Permit | undefined): Promise<void> {
    const settings = this.#settings;
    try {
      await (settings.destroy === undefined
        ? closerOf(resource, "the resource")()
        : settings.destroy(resource));
    } catch (error) {
      if (this.closed) this.#failures.push({ what: "a resource could not be destroyed", error });
      else this.#warn("could not be destroyed", error);
    }
    this.#shrink();
    place?.release();
  }

  #shrink(): void {
    this.#size--;
    if (this.#size === 0 && this.closed) this.#gone.resolve();
  }

  #warn(what: string, error: unknown): void {
    process.emitWarning(`${this.label}: a resource ${what}: ${describeThrown(error)}`, {
      type: "ResourcePoolWarning",
      code: "LLX_RESOURCE_POOL",
      ...(error instanceof Error && error.stack !== undefined && { detail: error.stack }),
    });
  }
}
