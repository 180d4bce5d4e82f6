import type { CallbackHandler } from "../contract/callback-handler.ts";
import { CallbackManager } from "./callback-manager.ts";
import { checkHandlers } from "../delivery/check-handlers.ts";
import { readTraceVariable } from "./trace-variable.ts";
import { sharedState } from "../traces/shared-state.ts";

/**
 * Sets handlers that receive the events of every manager, and of traced functions outside any manager.
 * Replaces the previous ones; `setGlobalHandlers([])` removes them. That of the environment variable `LLX_TRACE` stays, and so do
 * those of tools.
 *
 * @throws TypeError for a value that is not a handler, and for a duplicate
 */
export function setGlobalHandlers(handlers: readonly CallbackHandler[]): void {
  checkHandlers(handlers);
  readTraceVariable();
  sharedState.globalHandlers = [...handlers, ...(sharedState.environmentHandlers ?? [])];
  sharedState.globalVersion++;
}

/**
 * Adds a global handler that {@link setGlobalHandlers} does not replace: for tools that are loaded before the program, as with
 * `node --import`.
 *
 * @throws TypeError for a value that is not a handler
 */
export function installHandler(handler: CallbackHandler): void {
  checkHandlers([handler]);
  readTraceVariable();
  sharedState.environmentHandlers = [...(sharedState.environmentHandlers ?? []), handler];
  sharedState.globalHandlers = [...sharedState.globalHandlers, handler];
  sharedState.globalVersion++;
}

/**
 * The manager of the caller's trace; else, if there are global handlers, one that serves them; else `undefined`: no
 * handler listens.
 */
export function currentCallbackManager(): CallbackManager | undefined {
  const manager = sharedState.frames.getStore()?.manager as CallbackManager | undefined;
  readTraceVariable();
  if (manager !== undefined || sharedState.globalHandlers.length === 0) return manager;
  return (sharedState.defaultManager ??= new CallbackManager()) as CallbackManager;
}
