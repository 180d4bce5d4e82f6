import type { ResourcePool } from "@llx/async";
import type { Connection } from "./connection.ts";

/** One query on a pooled connection. A lost connection does not go back: another one is created. */
export function query(pool: ResourcePool<Connection>, text: string, signal: AbortSignal): Promise<string> {
  return pool.use(
    async (connection, lease) => {
      try {
        return await connection.query(text, signal);
      } finally {
        if (!connection.alive) await lease.destroy();
      }
    },
    { signal },
  );
}
