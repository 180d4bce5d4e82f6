import assert from "node:assert/strict";
import { asyncRun, ResourcePool } from "@llx/async";
import { askForTwo } from "./ask-for-two.ts";
import { Database } from "./database.ts";
import { giveUp } from "./give-up.ts";
import { outliveRestart } from "./outlive-restart.ts";
import { shareConnections } from "./share-connections.ts";

/** Shows how jobs use a pool. However it ends (completion, an error, Ctrl-C), all connections are closed. */
export async function run(
  print: (line: string) => void,
  queries: number,
  database: Database = new Database(),
): Promise<void> {
  if (!Number.isSafeInteger(queries) || queries < 1) {
    throw new RangeError(`the number of queries must be a whole number from 1, not ${queries}`);
  }
  try {
    await asyncRun(async ({ signal, own }) => {
      const pool = own(
        new ResourcePool({
          create: () => database.connect(),
          validate: ({ alive }) => alive,
          max: 3,
          label: "connections",
          detectDeadlocks: true,
        }),
      );
      await shareConnections(pool, queries, database, signal, print);
      await outliveRestart(pool, database, signal, print);
      await giveUp(pool, signal, print);
      await askForTwo(pool, signal, print);
    });
  } finally {
    const { connections, open } = database;
    print(`\n${connections.length} connections were opened, ${open} are still open.`);
  }
  assert.equal(database.open, 0, "the run must close what it opened");
}
