import { constants } from "node:os";
import type { Abortable } from "@llx/support";

const names = ["SIGINT", "SIGTERM"] as const;
const watching = new Set<Abortable>();
/** How long a run may take to stop until a warning says what it waits for, in milliseconds. */
const patience = 2_000;
let interrupted = false;
let stopping: NodeJS.Timeout | undefined;
let lastReason: DOMException | undefined;

/**
 * Aborts a run at the first SIGINT or SIGTERM; the next one ends the process at once. A run that still stops after two seconds is
 * a process warning. However many runs watch, the process has one listener per signal, and none once no run watches.
 */
export function watchSignals(run: Abortable): void {
  if (watching.size === 0) for (const name of names) process.on(name, onSignal);
  watching.add(run);
}

export function unwatchSignals(run: Abortable): void {
  watching.delete(run);
  if (watching.size > 0) return;
  for (const name of names) process.off(name, onSignal);
  interrupted = false;
  clearTimeout(stopping);
}

function onSignal(name: NodeJS.Signals): void {
  const code = 128 + constants.signals[name];
  if (interrupted) process.exit(code);
  interrupted = true;
  process.exitCode = code;
  if (lastReason === undefined) process.on("uncaughtExceptionMonitor", onUncaught);
  lastReason = new DOMException(`interrupted by ${name}`, "AbortError");
  for (const run of watching) run.aborted(lastReason);
  stopping = setTimeout(warnOfSlowStop, patience, name).unref();
}

function warnOfSlowStop(name: string): void {
  process.emitWarning(
    `asyncRun still stops, ${patience / 1000} s after ${name}: it waits for main, its tasks and clean-up, for as long as grace allows. ` +
      "Another signal ends the process at once, without them. What need not be waited for should follow the signal of the run",
    { type: "StillStopping", code: "LLX_STILL_STOPPING" },
  );
}

/** An interruption that nothing catches ends the process with its exit code, without a stack trace. */
function onUncaught(error: unknown): void {
  if (process.listenerCount("uncaughtException") > 0) return;
  if (error === lastReason) process.exit();
  if (error instanceof Error && error.cause === lastReason) {
    console.error(error);
    process.exit();
  }
}
