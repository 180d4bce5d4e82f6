import {
  checkCount,
  checkFunction,
  checkMilliseconds,
  checkNames,
  describe,
  type NamesOf,
} from "@llx/support";
import type { Closable } from "../run/closable.ts";
import type { SemaphoreOptions } from "../limits/semaphore.ts";

/** How a `ResourcePool` creates, keeps and destroys its resources. */
export type ResourcePoolOptions<R> = {
  /** Creates a resource; called when one is needed and none is idle. */
  readonly create: () => R | PromiseLike<R>;
  /** How many may exist at once, counted from the start of `create` to the end of `destroy`: a whole number from 1. */
  readonly max: number;
  /**
   * How long a resource may be idle, in milliseconds, before it is destroyed.
   *
   * @default Infinity
   */
  readonly idleTimeout?: number | undefined;
  /**
   * Called before an idle resource is lent. If it returns `false` or throws, it is destroyed and another one is lent.
   * Default: every idle resource is valid.
   */
  readonly validate?: ((resource: R) => boolean | void | PromiseLike<boolean | void>) | undefined;
  /**
   * Destroys a resource; required for one that has no method for that. Default: `aclose()`, `[Symbol.asyncDispose]()` or
   * `[Symbol.dispose]()`, whichever it has.
   */
  readonly destroy?: ((resource: R) => unknown) | undefined;
  /** Names the pool in messages. Default: `"a resource pool of 4"`, with its `max`. */
  readonly label?: string | undefined;
  /**
   * `true`: finds borrowers that wait for another resource in the body of `use`, as that of {@link SemaphoreOptions} does.
   *
   * @default whether the environment variable `LLX_DETECT_DEADLOCKS` is set
   */
  readonly detectDeadlocks?: boolean | undefined;
} & ([R] extends [Closable] ? unknown : { readonly destroy: (resource: R) => unknown });

/** The options inside the pool; as methods, so that a pool of connections is a pool of closables too. */
export interface PoolSettings<R> extends SemaphoreOptions {
  create(): R | PromiseLike<R>;
  readonly max: number;
  readonly idleTimeout?: number | undefined;
  validate?(resource: R): unknown;
  destroy?(resource: R): unknown;
}

const names: NamesOf<PoolSettings<never>> = {
  create: true,
  max: true,
  idleTimeout: true,
  validate: true,
  destroy: true,
  label: true,
  detectDeadlocks: true,
};

const foreignNames: Readonly<Record<string, string>> = {
  size: "it is called max",
  factory: "it is called create",
  idleTimeoutMillis: "it is called idleTimeout",
};

/** How long to wait for a resource. */
export interface ResourceAcquireOptions {
  /** Aborting it ends the wait. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long to wait, in milliseconds, until one is free or has been created; then a `TimeoutError`.
   *
   * @default Infinity
   */
  readonly timeout?: number | undefined;
}

/** The names of what `acquire` and `use` take. */
export const acquireNames: NamesOf<ResourceAcquireOptions> = { signal: true, timeout: true };

/** @throws TypeError or RangeError that says what was given and what is allowed */
export function checkPoolOptions(options: unknown): void {
  if (typeof options !== "object" || options === null) {
    const hint = typeof options === "function" ? "; pass it as create: { create, max }" : "";
    throw new TypeError(`ResourcePool needs options, { create, max, … }, not ${describe(options)}${hint}`);
  }
  checkNames(options, names, foreignNames);
  const { create, max, idleTimeout, validate, destroy } = options as Partial<PoolSettings<never>>;
  checkFunction("create", create);
  if (max === undefined) {
    throw new TypeError("max is missing: how many resources may exist at once, such as max: 4");
  }
  checkCount("max", max);
  if (idleTimeout !== undefined) checkMilliseconds("idleTimeout", idleTimeout);
  if (validate !== undefined) checkFunction("validate", validate);
  if (destroy !== undefined) checkFunction("destroy", destroy);
}
