import type { JobQueue } from "./job-queue.ts";
import { checkQueueOptions, type JobQueueOptions } from "./job-queue-options.ts";
import { openDatabase } from "./open-database.ts";
import { Pauses } from "./pauses.ts";
import { PgBossQueue } from "./pg-boss-queue.ts";
import { Warnings } from "./warnings.ts";

/**
 * Opens a job queue: in memory without options, in a `directory`, or on the PostgreSQL of a `connectionString`.
 *
 * @throws TypeError or RangeError for invalid options; Error where the database cannot be opened, the directory is a
 *   file, in use or has other files, or PGlite is not installed
 */
export async function createJobQueue(options: JobQueueOptions = {}): Promise<JobQueue> {
  checkQueueOptions(options);
  const { connectionString, directory, schema = "llx_jobs", connections = 4 } = options;
  const warnings = new Warnings();
  const database = await openDatabase({ connectionString, directory, schema, connections }, (error) =>
    warnings.warn(error),
  );
  const pauses = new Pauses(database, schema);
  try {
    await pauses.prepare();
  } catch (error) {
    await database.close().catch(() => {});
    database.redactPassword(error);
    throw error;
  }
  return new PgBossQueue(database, schema, pauses, warnings);
}
