import { setImmediate as nextTurn } from "node:timers/promises";
import type { Job, Semaphore } from "@llx/async";
import type { CallbackManager } from "@llx/callbacks";

/** Two transfers in opposite directions, requested by two users at the same time. */
export function transfers(ann: Semaphore, bob: Semaphore, manager: CallbackManager): Job<string>[] {
  return [
    ({ signal }) => transfer(ann, bob, manager, signal),
    ({ signal }) => transfer(bob, ann, manager, signal),
  ];
}

/** Locks one account, then the other as well. */
function transfer(
  from: Semaphore,
  to: Semaphore,
  manager: CallbackManager,
  signal: AbortSignal,
): Promise<string> {
  const name = `${from.label} to ${to.label}`;
  const lockBoth = async (): Promise<string> => {
    await nextTurn(undefined, { signal }); // reads the balance
    return to.use(() => `${name} is done`, { signal });
  };
  return manager.asTrace(name, () => from.use(lockBoth, { signal }));
}
