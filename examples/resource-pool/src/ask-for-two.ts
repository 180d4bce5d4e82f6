import assert from "node:assert/strict";
import { DeadlockError, type ResourcePool, Semaphore } from "@llx/async";
import type { Connection } from "./connection.ts";

/** Three jobs hold one connection each and ask for another one: without help they would wait for ever. */
export async function askForTwo(
  pool: ResourcePool<Connection>,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  // A permit for each connection: who has one is served by the pool at once.
  const permits = new Semaphore(3, { label: "connections", detectDeadlocks: true });
  const borrow = <T>(body: () => Promise<T>): Promise<T> =>
    permits.use(() => pool.use(body, { signal }), { signal });
  const copyOneByOne = (): Promise<string> => borrow(() => borrow(async () => "copied"));

  const outcomes = await Promise.allSettled([copyOneByOne(), copyOneByOne(), copyOneByOne()]);
  const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  assert.equal(refused.length, 1, "one is refused, so that the others can go on");
  assert.ok(refused[0] instanceof DeadlockError);
  print("\nThree jobs hold a connection each, and ask for another one:");
  print(refused[0].message.replaceAll(/file:\S*\//g, ""));

  // The cure: who needs two asks for both at once.
  const copy = (): Promise<string> =>
    permits.use(() => pool.use(() => pool.use(() => "copied", { signal }), { signal }), {
      weight: 2,
      signal,
    });
  const copied = await Promise.all([copy(), copy(), copy()]);
  print(`They ask for both at once: ${copied.join(", ")}.`);
}
