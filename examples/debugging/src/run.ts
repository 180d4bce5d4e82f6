import { asyncRun } from "@llx/async";
import { enableInspection } from "@llx/async/debug";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { explainFailure } from "./explain-failure.ts";
import { findDeadlock } from "./find-deadlock.ts";
import { findStall } from "./find-stall.ts";
import { refuseDeadlock } from "./refuse-deadlock.ts";

/** Shows three ways in which work goes wrong, and how to find each. */
export function run(print: (line: string) => void, tracePath?: string): Promise<void> {
  // First of all: semaphores created earlier do not record their holders.
  enableInspection();
  return asyncRun(async ({ signal, own }) => {
    const debug = new DebugHandler({ sink: { write: (text) => print(text.trimEnd()) } });
    const manager = own(new CallbackManager({ handlers: [debug] }));
    await findDeadlock(manager, signal, print);
    await refuseDeadlock(manager, signal, print);
    await findStall(signal, print);
    await explainFailure(manager, debug, signal, print, tracePath);
  });
}
