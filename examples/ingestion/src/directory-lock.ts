import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * Locks a directory for this process, or fails at once. The operating system holds the lock
 * (through SQLite): it ends with the process, however that ends, and leaves nothing to clean up.
 *
 * @returns a function that releases it
 * @throws Error if another process holds it
 */
export function lockDirectory(directory: string): () => void {
  const lock = new DatabaseSync(join(directory, "lock"), { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    // SQLITE_BUSY
    if ((error as { errcode?: number }).errcode !== 5) throw error;
    throw new Error(
      `another process uses ${directory}, and an embedded database is for one at a time; ` +
        "wait until it has ended, give another --store, or set DATABASE_URL to a PostgreSQL server",
      { cause: error },
    );
  }
  return () => lock.close();
}
