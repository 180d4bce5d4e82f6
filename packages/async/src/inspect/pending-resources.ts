import { createHook, executionAsyncId } from "node:async_hooks";
import { isInternal } from "../support/attribution.ts";
import { currentHolder, type Holder } from "./holders.ts";

/**
 * Follows the pending resources in the bodies of holders: timers, requests, and promises that others settle, which may
 * let a body continue even though it waits for permits. Promises of async functions and of `then` do not count: they settle
 * when what they wait for settles. For debugging: every promise in the process becomes slower.
 *
 * @param onDone called when a resource has ended
 */
export function followPendingResources(onDone: (holder: Holder) => void): void {
  const holderOf = new Map<number, Holder>();

  function begun(id: number, type: string, trigger: number): void {
    const holder = currentHolder();
    if (holder === undefined) return;
    holderOf.set(id, holder);
    if (isInternal()) return;
    if (type !== "PROMISE" || isSettledByOthers(holder, trigger)) holder.pending.add(id);
  }

  function isSettledByOthers(holder: Holder, trigger: number): boolean {
    if (trigger === executionAsyncId()) return isMadeByHand();
    // It follows another promise: of this body, of a body inside it, or of other code.
    let maker = holderOf.get(trigger);
    while (maker !== undefined && maker !== holder) maker = maker.above;
    return maker === undefined;
  }

  function ended(id: number): void {
    const holder = holderOf.get(id);
    if (holder === undefined) return;
    holderOf.delete(id);
    if (holder.pending.delete(id)) onDone(holder);
  }

  createHook({ init: begun, promiseResolve: ended, destroy: ended }).enable();
}

/** Whether the promise being made comes from a constructor or `withResolvers`, not from an async function. */
function isMadeByHand(): boolean {
  const { stackTraceLimit, prepareStackTrace } = Error;
  Error.stackTraceLimit = 12;
  Error.prepareStackTrace = (_error, sites) => sites;
  const sites = new Error("where").stack as unknown as NodeJS.CallSite[];
  Error.stackTraceLimit = stackTraceLimit;
  Error.prepareStackTrace = prepareStackTrace;
  const hook = sites.findLastIndex((site) => site.getFunctionName()?.startsWith("promiseInitHook"));
  const maker = sites[hook + 1];
  // Where that is unknown, assume that it does.
  if (hook === -1 || maker === undefined) return true;
  return maker.isConstructor() || maker.getFunctionName() === "withResolvers";
}
