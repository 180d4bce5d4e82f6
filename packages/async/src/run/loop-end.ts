import type { Abortable } from "@llx/support";

const watching = new Set<Abortable>();

/**
 * Aborts a run that nothing can continue: no timer, connection or file keeps the process alive, so Node.js would end it before
 * any clean-up. However many runs watch, the process has one listener, and none once no run watches.
 */
export function watchLoopEnd(run: Abortable): void {
  if (watching.size === 0) process.on("beforeExit", onBeforeExit);
  watching.add(run);
}

export function unwatchLoopEnd(run: Abortable): void {
  watching.delete(run);
  if (watching.size === 0) process.off("beforeExit", onBeforeExit);
}

function onBeforeExit(): void {
  const error = new Error(
    "the run cannot continue: it waits for what never happens, as no timer, connection or file is open. " +
      "Such as a deadlock, which detectDeadlocks of a semaphore finds, or a promise that nothing settles; watchStalls() lists jobs that wait",
  );
  for (const run of watching) run.aborted(error);
}
