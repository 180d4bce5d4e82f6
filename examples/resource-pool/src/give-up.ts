import assert from "node:assert/strict";
import type { ResourcePool } from "@llx/async";
import type { Connection } from "./connection.ts";

/** Three wait, first come, first served; the second gives up, and leaves nothing behind. */
export async function giveUp(
  pool: ResourcePool<Connection>,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  const leases = await Promise.all([1, 2, 3].map(() => pool.acquire({ signal })));
  const impatient = new AbortController();
  const served: string[] = [];
  const waits = [
    pool.use(() => served.push("first"), { signal }),
    pool.use(() => served.push("second"), { signal: impatient.signal }),
    pool.use(() => served.push("third"), { signal }),
  ];
  const before = pool.waiting;
  impatient.abort(new Error("the user has left"));
  const after = pool.waiting;
  for (const lease of leases) lease.release();
  const outcomes = await Promise.allSettled(waits);

  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled"],
  );
  assert.deepEqual(served, ["first", "third"]);
  print(
    `\n${before} waited; one gave up, and ${after} still waited. Served in this order: ${served.join(", ")}.`,
  );
}
