import assert from "node:assert/strict";
import { DeadlockError, type ResourcePool, Semaphore } from "@llx/async";
import type { Connection } from "./connection.ts";

/** Three jobs hold one connection each and ask for another one: without detection, they wait forever. */
export async function askForTwo(
  pool: ResourcePool<Connection>,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  const copyWithTwo = (): Promise<string> => pool.use(() => pool.use(() => "copied", { signal }), { signal });

  const outcomes = await Promise.allSettled([copyWithTwo(), copyWithTwo(), copyWithTwo()]);
  const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  assert.equal(refused.length, 1, "one must be refused, so that the others can continue");
  assert.ok(refused[0] instanceof DeadlockError);
  print("\nThree jobs hold one connection each, and ask for another:");
  print(refused[0].message.replaceAll(/file:\S*\//g, ""));

  // The fix: a job that needs two waits for both, holding nothing.
  const permits = new Semaphore(3);
  const copy = (): Promise<string> => permits.use(copyWithTwo, { weight: 2, signal });
  const copied = await Promise.all([copy(), copy(), copy()]);
  print(`They ask for both at once: ${copied.join(", ")}.`);
}
