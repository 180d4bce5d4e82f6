import assert from "node:assert/strict";
import { mapJobs, type ResourcePool } from "@llx/async";
import { type Connection, ConnectionLostError } from "./connection.ts";
import type { Database } from "./database.ts";
import { query } from "./query.ts";

/** Many jobs, eight at once, share three connections; a query whose connection was lost is repeated. */
export async function shareConnections(
  pool: ResourcePool<Connection>,
  count: number,
  { connections }: Database,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  print(`${count} queries share 3 connections.`);
  const texts = Array.from({ length: count }, (_, index) => `question ${index + 1}`);
  const answers = await mapJobs(texts, (text, job) => query(pool, text, job.signal), {
    workers: 8,
    retry: { attempts: 10, delay: 10, shouldRetry: (error) => error instanceof ConnectionLostError },
    signal,
  });
  assert.deepEqual(
    answers,
    texts.map((text) => `the answer to ${text}`),
  );
  for (const { id, queries, alive } of connections) {
    print(`  connection ${id}: ${queries} queries${alive ? "" : ", then lost"}`);
  }
}
