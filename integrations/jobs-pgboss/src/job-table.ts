import { type AnyJob, defaultRetry } from "./define-job.ts";
import type { StoredJob } from "./enqueue.ts";
import type { JobCounts, JobFilter, RedriveOptions, RunningJob } from "./job-queue.ts";
import type { OpenDatabase } from "./open-database.ts";

/** The table of jobs of pg-boss. */
export class JobTable {
  readonly #database: OpenDatabase;
  readonly #table: string;

  constructor(database: OpenDatabase, schema: string) {
    this.#database = database;
    this.#table = `${schema}.job`;
  }

  /** How many jobs of a kind are in each state. */
  async count({ name }: AnyJob, { tenant }: JobFilter): Promise<Omit<JobCounts, "paused">> {
    const rows = await this.#database.query(
      `SELECT state::text, count(*)::int AS count FROM ${this.#table}
       WHERE name = $1 AND ($2::text IS NULL OR group_id = $2::text) GROUP BY state`,
      [name, tenant ?? null],
    );
    const count = (state: string): number =>
      (rows.find((row) => row["state"] === state)?.["count"] as number | undefined) ?? 0;
    return {
      waiting: count("created") + count("retry"),
      running: count("active"),
      done: count("completed"),
      failed: count("failed"),
    };
  }

  /** Whether a job of these kinds waits or runs. */
  async areLeft(names: readonly string[]): Promise<boolean> {
    const [row] = await this.#database.query(
      `SELECT EXISTS (
         SELECT FROM ${this.#table} WHERE name = ANY($1::text[]) AND state IN ('created', 'retry', 'active')
       ) AS left`,
      [names],
    );
    return row?.["left"] === true;
  }

  /** The jobs of a kind that run, those that have run longest first. */
  async running<Payload>({ name }: AnyJob): Promise<RunningJob<Payload>[]> {
    const rows = await this.#database.query(
      `SELECT id, data, group_id, retry_count + 1 AS attempt, started_on, output -> 'progress' AS progress
       FROM ${this.#table} WHERE name = $1 AND state = 'active' ORDER BY started_on, id LIMIT 1000`,
      [name],
    );
    return rows.map((row) => {
      const [payload, key] = row["data"] as StoredJob;
      return {
        id: row["id"] as string,
        key: key ?? undefined,
        tenant: (row["group_id"] as string | null) ?? undefined,
        payload: payload as Payload,
        attempt: row["attempt"] as number,
        startedAt: row["started_on"] as Date,
        progress: row["progress"] ?? undefined,
      };
    });
  }

  /** Lets failed jobs of a kind run again, with all their attempts. Returns how many they are. */
  async redrive({ name, retry }: AnyJob, { ids, tenant }: RedriveOptions): Promise<number> {
    const rows = await this.#database.query(
      `UPDATE ${this.#table}
       SET state = 'retry', retry_limit = retry_count + $2, completed_on = NULL, output = NULL
       WHERE name = $1 AND state = 'failed' AND ($3::uuid[] IS NULL OR id = ANY($3::uuid[]))
         AND ($4::text IS NULL OR group_id = $4::text) RETURNING id`,
      [name, retry?.attempts ?? defaultRetry.attempts, ids ?? null, tenant ?? null],
    );
    return rows.length;
  }
}
