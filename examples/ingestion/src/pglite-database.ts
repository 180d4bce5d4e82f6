import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "./database.ts";
import { lockDirectory } from "./directory-lock.ts";
import { checkDiskSpace } from "./disk-space.ts";
import { OneConnection } from "./one-connection.ts";
import { PgliteThread, spaceToWrite } from "./pglite-thread.ts";

/** A new database takes 40 MB, and its first tables and log as much again. */
const spaceToCreate = 100_000_000;

/**
 * Opens the embedded database in a directory, which is made where it is missing, and kept.
 *
 * @param signal its abort leaves a running statement 4 seconds to end
 */
export async function openPglite(directory: string, signal?: AbortSignal): Promise<Database> {
  await mkdir(directory, { recursive: true });
  // PGlite has no lock: two processes in one directory would lose each other's rows, without an error.
  const unlock = lockDirectory(directory);
  try {
    const isNew = !existsSync(join(directory, "data"));
    await checkDiskSpace(directory, isNew ? spaceToCreate : spaceToWrite);
    await writeFile(join(directory, ".gitignore"), "*\n");
    const thread = await PgliteThread.start(directory, signal);
    return new OneConnection({
      name: `PGlite in ${directory}`,
      query: thread.query,
      close: () => thread.close().finally(unlock),
    });
  } catch (error) {
    unlock();
    throw error;
  }
}
