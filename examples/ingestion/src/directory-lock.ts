import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * Takes a directory for this process alone, or fails at once. The lock is one that the operating system keeps
 * for a process (by way of SQLite): it ends with the process, however that ends, and leaves nothing to clean up.
 *
 * @returns gives it back
 * @throws Error where another process has it
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
