import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { makeDirectory, refusedDirectory } from "./make-directory.ts";

/** The lock of a directory: two processes that write to one lose each other's data, silently. */
export interface DirectoryLock {
  /** A second time, it does nothing. */
  release(): void;
}

/**
 * Locks a directory, which is created where it does not exist.
 *
 * It is the exclusive lock that SQLite takes on its file: a lock of the operating system, which ends with its process
 * however that ends, does not depend on process ids, which are reused, and works across containers that share the disk.
 * A socket works only within one network; a file with a process id goes stale, and two processes may race for it.
 *
 * @param name of the files of the lock
 * @param remedy why only one process may use it, and what to do
 * @param Failure the class of the error where the directory cannot be used at all
 * @throws Failure, or Error for a directory in use, that names the directory, the process that has it or what else is wrong, and
 *   what to do
 */
export function lockDirectory(
  directory: string,
  name: string,
  remedy: string,
  Failure?: Parameters<typeof makeDirectory>[1],
): DirectoryLock {
  makeDirectory(directory, Failure);
  // A file of its own, as opening and closing the lock file would release the lock. Only for error messages.
  const holder = join(directory, `${name}.pid`);
  const { DatabaseSync: Database } = process.getBuiltinModule("node:sqlite");
  const file = `${name}.lock`;
  const lock = new Database(join(directory, file), { open: false });
  try {
    lock.open();
    lock.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
    writeFileSync(holder, String(process.pid));
    return { release: () => release(lock, holder) };
  } catch (error) {
    if (lock.isOpen) lock.close();
    if (isBusy(error)) throw inUse(directory, holder, remedy, error);
    // SQLite names no file.
    const problem = isOfSqlite(error)
      ? Object.assign(error, { message: `${file}: ${error.message}` })
      : error;
    throw refusedDirectory(resolve(directory), problem, Failure);
  }
}

function release(lock: DatabaseSync, holder: string): void {
  // Another process may hold it by now.
  if (!lock.isOpen) return;
  rmSync(holder, { force: true });
  lock.close();
}

/** Whether the file is locked (SQLITE_BUSY), and not unreadable, on a full disk or another file. */
function isBusy(error: unknown): boolean {
  return (error as { errcode?: unknown }).errcode === 5;
}

function isOfSqlite(error: unknown): error is Error {
  return error instanceof Error && "errcode" in error;
}

function inUse(directory: string, holder: string, remedy: string, cause: unknown): Error {
  let pid = "another process";
  try {
    pid = `process ${readFileSync(holder, "utf8")}`;
  } catch {
    // The other process is opening or closing it.
  }
  const where = pid === `process ${process.pid}` ? "this process" : pid;
  return new Error(`the directory ${resolve(directory)} is in use by ${where}: ${remedy}`, { cause });
}
