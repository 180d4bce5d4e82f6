import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { lockDirectory, makeDirectory, refuseForeignFiles } from "@llx/support";
import { checkDiskSpace, spaceToWrite, withDiskChecks } from "./disk-space.ts";
import type { Pglite } from "./pglite.ts";

interface PgliteClass {
  create(directory?: string): Promise<Pglite>;
}

/** In bytes: a new database takes 40 MB, and the tables of pg-boss and the first log file as much again. */
const spaceToCreate = 100_000_000;
const lockName = "llx-jobs";
const unfinishedName = "unfinished";
const remedy =
  "an embedded database belongs to one queue at a time. Close that queue, or use one PostgreSQL for both with connectionString";

/**
 * Opens PGlite: in memory, or in a directory that only one process at a time may use. The directory is created if it
 * does not exist.
 *
 * @throws Error if PGlite is not installed, the directory is a file, in use or has other files, or its disk is full
 */
export async function openPglite(directory: string | undefined): Promise<Pglite> {
  const PGlite = await importPglite();
  if (directory === undefined) return PGlite.create();
  makeDirectory(directory);
  const path = resolve(directory);
  const data = join(path, "data");
  const isCreated = existsSync(join(data, "PG_VERSION"));
  if (!isCreated) refuseForeignFiles(path, "a job queue", (name) => isBegun(path, name));
  const least = isCreated ? spaceToWrite : spaceToCreate;
  await checkDiskSpace(directory, least);
  const lock = lockDirectory(directory, lockName, remedy);
  try {
    if (!existsSync(data)) await createDatabase(PGlite, data);
    const pglite = await PGlite.create(data);
    return withDiskChecks(pglite, directory, async () => {
      try {
        await pglite.close();
      } finally {
        lock.release();
      }
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Whether a file is of a queue whose creation was interrupted. The lock comes first: without it, what is there is another's. */
function isBegun(directory: string, name: string): boolean {
  if (name === unfinishedName) return existsSync(join(directory, `${lockName}.lock`));
  // Another process may have completed it just now.
  return name.startsWith(lockName) || (name === "data" && existsSync(join(directory, "data/PG_VERSION")));
}

/**
 * Creates the database under another name and renames it when it is complete: what was interrupted, or has run out of
 * space, is created again.
 */
async function createDatabase(PGlite: PgliteClass, data: string): Promise<void> {
  const unfinished = join(data, "..", unfinishedName);
  await rm(unfinished, { recursive: true, force: true });
  try {
    const created = await PGlite.create(unfinished);
    await created.close();
  } catch (error) {
    // PGlite's own error for it is a number without a message.
    await checkDiskSpace(dirname(data), spaceToCreate);
    throw error;
  }
  await rename(unfinished, data);
}

async function importPglite(): Promise<PgliteClass> {
  try {
    return (await import("@electric-sql/pglite")).PGlite;
  } catch (error) {
    if (!/^(ERR_)?MODULE_NOT_FOUND$/.test(String((error as NodeJS.ErrnoException).code))) throw error;
    throw new Error(
      "an embedded job queue needs the package @electric-sql/pglite: npm install @electric-sql/pglite, " +
        "or pass the connectionString of a PostgreSQL",
      { cause: error },
    );
  }
}
