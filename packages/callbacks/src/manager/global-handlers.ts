import type { CallbackHandler } from "../contract/callback-handler.ts";
import { CallbackManager } from "./callback-manager.ts";
import { checkHandlers } from "../delivery/dispatcher.ts";
import { sharedState } from "../traces/shared-state.ts";

/**
 * Sets handlers that receive the events of every manager, and of traced functions outside any manager.
 * Replaces the previous ones; `setGlobalHandlers([])` removes them.
 *
 * @throws TypeError for a value that is not a handler, and for a duplicate
 */
export function setGlobalHandlers(handlers: readonly CallbackHandler[]): void {
  checkHandlers(handlers);
  sharedState.globalHandlers = [...handlers];
  sharedState.globalVersion++;
}

/**
 * The manager of the caller's trace; else, if there are global handlers, one that serves them; else `undefined`: no
 * handler listens.
 */
export function currentCallbackManager(): CallbackManager | undefined {
  const manager = sharedState.frames.getStore()?.manager as CallbackManager | undefined;
  if (manager !== undefined || sharedState.globalHandlers.length === 0) return manager;
  return (sharedState.defaultManager ??= new CallbackManager()) as CallbackManager;
}
