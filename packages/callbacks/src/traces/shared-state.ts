import { AsyncLocalStorage } from "node:async_hooks";
import { checkNode } from "@llx/support";
import type { CallbackHandler } from "../contract/callback-handler.ts";
import type { Frame, TagFrame } from "./frame.ts";

interface SharedState {
  /** The position of this async context: the innermost open event, or the top of the trace; or only tags, outside any. */
  readonly frames: AsyncLocalStorage<Frame | TagFrame>;
  readonly eventTypes: Map<string, { readonly leaf: boolean }>;
  globalHandlers: readonly CallbackHandler[];
  /** Incremented with each change of `globalHandlers`, so that managers notice. */
  globalVersion: number;
  /** The handlers of `LLX_TRACE` and of tools, which stay global; `undefined` before the variable was read. */
  environmentHandlers: readonly CallbackHandler[] | undefined;
  /** Serves the global handlers outside any manager. */
  defaultManager: unknown;
}

// Every package loads this first.
checkNode();

/**
 * One state per process, also when the package is loaded twice (as ESM and CommonJS, or in two versions).
 * Its shape is a contract between versions: the `1` in the key counts breaking changes.
 */
const key = Symbol.for("@llx/callbacks/1");

export const sharedState: SharedState = ((globalThis as Record<symbol, unknown>)[key] ??= {
  frames: new AsyncLocalStorage<Frame | TagFrame>(),
  eventTypes: new Map(),
  globalHandlers: [],
  globalVersion: 0,
  environmentHandlers: undefined,
  defaultManager: undefined,
} satisfies SharedState) as SharedState;
