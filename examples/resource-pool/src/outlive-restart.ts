import assert from "node:assert/strict";
import type { ResourcePool } from "@llx/async";
import type { Connection } from "./connection.ts";
import type { Database } from "./database.ts";
import { query } from "./query.ts";

/** The pool's connections die unnoticed: `validate` detects it before one is lent. */
export async function outliveRestart(
  pool: ResourcePool<Connection>,
  database: Database,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  const { idle } = pool;
  database.restart();
  const answer = await query(pool, "the question after it", signal);
  assert.equal(database.open, 1, "the dead ones must be closed, and one created");
  print(`\nThe database was restarted, and ${idle} idle connections died. The next query got ${answer}.`);
}
