import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";

/** Two processes that hold a directory lose each other's rows without a word: so only one ever does. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Takes the lock of a directory, which is made where it is not there.
 *
 * What locks is the exclusive lock that SQLite takes on its file: one of the operating system's, which ends with
 * its process however that ends, knows no process ids to reuse, and holds across containers that share the disk.
 * A socket would hold only within one network; a file with an id in it would have to be judged, and raced for.
 *
 * @throws Error that names the directory, the process that has it, and what to do
 */
export function lockDirectory(directory: string): DirectoryLock {
  mkdirSync(directory, { recursive: true });
  // Beside the lock, as to open and close that file would free it. For messages only.
  const holder = join(directory, "llx-jobs.pid");
  const { DatabaseSync: Database } = process.getBuiltinModule("node:sqlite");
  const lock = new Database(join(directory, "llx-jobs.lock"));
  try {
    lock.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    throw isBusy(error) ? inUse(directory, holder, error) : error;
  }
  writeFileSync(holder, String(process.pid));
  return { release: () => release(lock, holder) };
}

function release(lock: DatabaseSync, holder: string): void {
  rmSync(holder, { force: true });
  lock.close();
}

/** Whether the file is locked (SQLITE_BUSY), and not unreadable, full or no lock of ours. */
function isBusy(error: unknown): boolean {
  return (error as { errcode?: unknown }).errcode === 5;
}

function inUse(directory: string, holder: string, cause: unknown): Error {
  let pid = "another process";
  try {
    pid = `process ${readFileSync(holder, "utf8")}`;
  } catch {
    // It is just being opened or closed.
  }
  const where = pid === `process ${process.pid}` ? "this process" : pid;
  return new Error(
    `the directory ${resolve(directory)} is in use by ${where}: an embedded database belongs to one queue at a ` +
      "time. Close that queue, or give both the connectionString of one PostgreSQL",
    { cause },
  );
}
