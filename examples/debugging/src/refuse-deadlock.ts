import assert from "node:assert/strict";
import { DeadlockError, runJobs, Semaphore } from "@llx/async";
import type { CallbackManager } from "@llx/callbacks";
import { transfers } from "./transfer.ts";

/** With `detectDeadlocks` one of the two fails at once, with an error that says who waits for whom. */
export async function refuseDeadlock(
  manager: CallbackManager,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  const ann = new Semaphore(1, { label: "Ann", detectDeadlocks: true });
  const bob = new Semaphore(1, { label: "Bob", detectDeadlocks: true });
  const outcomes = await runJobs(transfers(ann, bob, manager), { settle: true, signal });
  print("\nThe same with detectDeadlocks:");
  for (const outcome of outcomes) {
    print(`  ${outcome.status === "fulfilled" ? outcome.value : outcome.reason.message.split(",")[0]}`);
  }
  const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  assert.equal(errors.length, 1);
  assert.ok(errors[0] instanceof DeadlockError);
}
