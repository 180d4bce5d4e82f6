import { AsyncLocalStorage } from "node:async_hooks";

/** A called function, and its module. */
export interface BlockingCall {
  readonly module: string;
  readonly name: string;
}

/** A blocking call, as seen on its thread. */
interface BlockingRun {
  readonly context: object | undefined;
  /** The calls that wait for this one, the outermost first, then this one. */
  readonly chain: readonly BlockingCall[];
}

/**
 * One per thread, even if the package is loaded twice. Its shape is a contract between versions: the `1` in the key counts
 * its breaking changes.
 */
const key = Symbol.for("@llx/async/blocking/1");

export const blockingRuns: AsyncLocalStorage<BlockingRun> = ((globalThis as Record<symbol, unknown>)[key] ??=
  new AsyncLocalStorage<BlockingRun>()) as AsyncLocalStorage<BlockingRun>;

/**
 * The `context` that was passed to `runBlocking`, as a copy; `undefined` outside such a call, and if none was passed.
 *
 * @example
 * ```ts
 * export async function load(path: string) {
 *   const tenant = blockingContext<{ tenant: string }>()?.tenant;
 *   return fetch(`https://example.com/${tenant}/${path}`).then((response) => response.text());
 * }
 * ```
 */
export function blockingContext<C extends object>(): Readonly<C> | undefined {
  return blockingRuns.getStore()?.context as Readonly<C> | undefined;
}

/** The name of a call in messages. */
export function nameOfCall({ module, name }: BlockingCall): string {
  return `${name} of ${module.length > 300 ? `${module.slice(0, 300)}…` : module}`;
}
