import { AsyncLocalStorage } from "node:async_hooks";
import type { CallbackHandler } from "./callback-handler.ts";
import type { Frame } from "./trace.ts";

interface SharedState {
  /** Where this async context stands: the innermost open event, or the trace around it. */
  readonly frames: AsyncLocalStorage<Frame>;
  readonly eventTypes: Map<string, { readonly leaf: boolean }>;
  globalHandlers: readonly CallbackHandler[];
  /** Grows with each change of `globalHandlers`, so that managers notice. */
  globalVersion: number;
  /** Serves global handlers where nobody made a manager. */
  defaultManager: unknown;
}

/**
 * One state for a process, also when the package is loaded twice (as ESM and CommonJS, or in two versions).
 * What hangs on it is a contract between versions: the `1` in the key counts its breaking changes.
 */
const key = Symbol.for("@llx/callbacks/1");

export const sharedState: SharedState = ((globalThis as Record<symbol, unknown>)[key] ??= {
  frames: new AsyncLocalStorage<Frame>(),
  eventTypes: new Map(),
  globalHandlers: [],
  globalVersion: 0,
  defaultManager: undefined,
} satisfies SharedState) as SharedState;
