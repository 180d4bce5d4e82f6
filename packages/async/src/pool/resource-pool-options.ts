import { checkCount, checkFunction, checkMilliseconds, describe } from "@llx/support";
import type { Closable } from "../run/closable.ts";
import type { SemaphoreOptions } from "../limits/semaphore.ts";

/**
 * How a `ResourcePool` makes, keeps and ends what it lends, how it is called in messages, and whether it looks for
 * deadlocks: among borrowers who wait in the body of `use` for one more.
 */
export type ResourcePoolOptions<R> = SemaphoreOptions & {
  /** Makes a resource; called when one is asked for and none is idle. */
  readonly create: () => R | PromiseLike<R>;
  /** How many there may be at once, counted from the beginning of `create` to the end of `destroy`. */
  readonly max: number;
  /** How long one may lie idle, in milliseconds; then it is destroyed. Default: for ever. */
  readonly idleTimeout?: number | undefined;
  /**
   * Called before an idle one is lent. Where it gives `false`, or throws, that one is destroyed and another is lent.
   */
  readonly validate?: ((resource: R) => boolean | void | PromiseLike<boolean | void>) | undefined;
} & ([R] extends [Closable]
    ? {
        /** Ends a resource. Default: `aclose()`, `[Symbol.asyncDispose]()` or `[Symbol.dispose]()`, whichever it has. */
        readonly destroy?: ((resource: R) => unknown) | undefined;
      }
    : {
        /** Ends a resource. */
        readonly destroy: (resource: R) => unknown;
      });

/** The options as they are inside; as methods, so that a pool of connections is a pool of closables too. */
export interface PoolSettings<R> extends SemaphoreOptions {
  create(): R | PromiseLike<R>;
  readonly max: number;
  readonly idleTimeout?: number | undefined;
  validate?(resource: R): unknown;
  destroy?(resource: R): unknown;
}

/** How long to wait for a resource. */
export interface ResourceAcquireOptions {
  /** Its abort ends the wait. */
  readonly signal?: AbortSignal | undefined;
  /** How long to wait, in milliseconds, for one to come free or be made; then a `TimeoutError`. Default: for ever. */
  readonly timeout?: number | undefined;
}

/** @throws TypeError or RangeError that says what was given and what is allowed */
export function checkPoolOptions(options: unknown): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`ResourcePool needs options, { create, max, … }, not ${describe(options)}`);
  }
  const { create, max, idleTimeout, validate, destroy } = options as Partial<PoolSettings<never>>;
  checkFunction("create", create);
  checkCount("max", max);
  if (idleTimeout !== undefined) checkMilliseconds("idleTimeout", idleTimeout);
  if (validate !== undefined) checkFunction("validate", validate);
  if (destroy !== undefined) checkFunction("destroy", destroy);
}
