import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { runJobs, Semaphore } from "@llx/async";
import { inspectJobs } from "@llx/async/debug";
import type { CallbackManager } from "@llx/callbacks";
import { printInspection } from "./print-inspection.ts";
import { transfers } from "./transfer.ts";

/** Two transfers hang. Nothing is thrown, but inspection shows what hangs. */
export async function findDeadlock(
  manager: CallbackManager,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  const [ann, bob] = [new Semaphore(1, { label: "Ann" }), new Semaphore(1, { label: "Bob" })];
  const rescue = new AbortController();
  const ended = runJobs(transfers(ann, bob, manager), {
    desc: "transfers",
    signal: AbortSignal.any([signal, rescue.signal]),
  }).catch((error: unknown) => error);
  // oxlint-disable-next-line no-await-in-loop -- until it hangs
  while (ann.waiting + bob.waiting < 2) await nextTurn(undefined, { signal });

  const inspection = inspectJobs();
  print("Two transfers hang. inspectJobs() shows why:");
  printInspection(inspection, print);
  const waiters = inspection.semaphores.map((semaphore) => semaphore.waiters[0]?.trace);
  assert.deepEqual(waiters, ["Bob to Ann", "Ann to Bob"], "each must wait for the other's account");

  rescue.abort("seen enough");
  assert.equal(await ended, "seen enough");
  assert.deepEqual(inspectJobs().calls, [], "an abort must end all waits");
}
