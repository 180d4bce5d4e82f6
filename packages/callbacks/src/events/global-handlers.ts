import type { CallbackHandler } from "./callback-handler.ts";
import { CallbackManager } from "./callback-manager.ts";
import { checkHandlers } from "./dispatcher.ts";
import { sharedState } from "./shared-state.ts";

/**
 * Handlers that every manager also serves, and that are told of traced work where there is no manager.
 * Replaces those set before; `setGlobalHandlers([])` removes them.
 *
 * @throws TypeError for a value that is no handler, and for one that stands there twice
 */
export function setGlobalHandlers(handlers: readonly CallbackHandler[]): void {
  checkHandlers(handlers);
  sharedState.globalHandlers = [...handlers];
  sharedState.globalVersion++;
}

/**
 * The manager of the trace around the caller; else, where there are global handlers, one that serves them;
 * else `undefined`: nobody listens.
 */
export function currentCallbackManager(): CallbackManager | undefined {
  const manager = sharedState.frames.getStore()?.manager;
  if (manager !== undefined || sharedState.globalHandlers.length === 0) return manager;
  return (sharedState.defaultManager ??= new CallbackManager()) as CallbackManager;
}
