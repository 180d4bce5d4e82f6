import { statfs } from "node:fs/promises";
import type { Pglite } from "./pglite.ts";

/** In bytes: PostgreSQL writes its log in files of 16 MB. */
export const spaceToWrite = 48_000_000;
/** How long the result of a check is used, in milliseconds. */
const checkInterval = 250;

/**
 * @param least how many bytes must be free
 * @throws Error if the disk of a directory has less
 */
export async function checkDiskSpace(directory: string, least: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (free >= least) return;
  throw new Error(
    `the disk of ${directory} is full: ${megabytes(free)} are free, and the embedded job queue needs ` +
      `${megabytes(least)} to write safely. Free some space; no job is lost`,
  );
}

/**
 * Refuses statements that write while the disk is full: PGlite would retry them without end, on the thread of the
 * caller, where not even a signal ends the process.
 */
export function withDiskChecks(pglite: Pglite, directory: string, close: () => Promise<void>): Pglite {
  let checked = performance.now();
  const check = async (sql: string): Promise<void> => {
    if (performance.now() - checked < checkInterval || /^\s*SELECT\b/i.test(sql)) return;
    await checkDiskSpace(directory, spaceToWrite);
    checked = performance.now();
  };
  return {
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as pg-boss asks for it
    async query<Row>(sql: string, values?: unknown[]) {
      await check(sql);
      return pglite.query<Row>(sql, values);
    },
    async exec(sql: string) {
      await check(sql);
      return pglite.exec(sql);
    },
    close,
  };
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / 1e6)} MB`;
}
