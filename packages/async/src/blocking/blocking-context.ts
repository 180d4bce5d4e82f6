import { AsyncLocalStorage } from "node:async_hooks";

/** Which function of which module is called. */
export interface BlockingCall {
  readonly module: string;
  readonly name: string;
}

/** A blocking run, as seen on its thread. */
interface BlockingRun {
  readonly context: object | undefined;
  /** The calls that wait for this one, the outermost first, and this one. */
  readonly chain: readonly BlockingCall[];
}

/**
 * One for a thread, also where the package is loaded twice. What it holds is a contract between versions: the `1`
 * in the key counts its breaking changes.
 */
const key = Symbol.for("@llx/async/blocking/1");

export const blockingRuns: AsyncLocalStorage<BlockingRun> = ((globalThis as Record<symbol, unknown>)[key] ??=
  new AsyncLocalStorage<BlockingRun>()) as AsyncLocalStorage<BlockingRun>;

/**
 * The `context` that the caller of `runBlocking` declared, as a copy; `undefined` outside such a run, and where
 * none was declared.
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

/** A call, as messages name it. */
export function wordsOfCall({ module, name }: BlockingCall): string {
  return `${name} of ${module.length > 300 ? `${module.slice(0, 300)}…` : module}`;
}
