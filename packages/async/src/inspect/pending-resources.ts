import { createHook, executionAsyncId } from "node:async_hooks";
import { currentHolder, type Holder } from "./holders.ts";

/**
 * Follows what is under way in the bodies of holders and may let them go on though they wait for permits: timers,
 * requests, promises that others settle. Promises of async functions and of `then` are none: they settle when what
 * they wait for does. For debugging: every promise in the process costs more.
 *
 * @param onDone is called when something has ended
 */
export function followUnderWay(onDone: (holder: Holder) => void): void {
  const holderOf = new Map<number, Holder>();

  function begun(id: number, type: string, trigger: number): void {
    const holder = currentHolder();
    if (holder === undefined) return;
    holderOf.set(id, holder);
    if (quiet) return;
    if (type !== "PROMISE" || isSettledByOthers(holder, trigger)) holder.underWay.add(id);
  }

  function isSettledByOthers(holder: Holder, trigger: number): boolean {
    if (trigger === executionAsyncId()) return isMadeByHand();
    // It follows another promise: one of this body or of a body inside it, or one of somebody else.
    let maker = holderOf.get(trigger);
    while (maker !== undefined && maker !== holder) maker = maker.above;
    return maker === undefined;
  }

  function ended(id: number): void {
    const holder = holderOf.get(id);
    if (holder === undefined) return;
    holderOf.delete(id);
    if (holder.underWay.delete(id)) onDone(holder);
  }

  createHook({ init: begun, promiseResolve: ended, destroy: ended }).enable();
}

/** Whether what is made now is ours, and lets nobody go on. */
let quiet = false;

/** Makes something of our own, such as the promise of a wait, which is not what a body has under way. */
export function quietly<R>(make: () => R): R {
  const before = quiet;
  quiet = true;
  try {
    return make();
  } finally {
    quiet = before;
  }
}

/** Whether a promise is just being made by a constructor or `withResolvers`, and not by an async function. */
function isMadeByHand(): boolean {
  const { stackTraceLimit, prepareStackTrace } = Error;
  Error.stackTraceLimit = 12;
  Error.prepareStackTrace = (_error, sites) => sites;
  const sites = new Error("where").stack as unknown as NodeJS.CallSite[];
  Error.stackTraceLimit = stackTraceLimit;
  Error.prepareStackTrace = prepareStackTrace;
  const hook = sites.findLastIndex((site) => site.getFunctionName()?.startsWith("promiseInitHook"));
  const maker = sites[hook + 1];
  // Where that cannot be told, it may be.
  if (hook === -1 || maker === undefined) return true;
  return maker.isConstructor() || maker.getFunctionName() === "withResolvers";
}
