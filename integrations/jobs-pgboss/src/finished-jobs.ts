import type { StoredJob } from "./enqueue.ts";
import type { OpenDatabase } from "./open-database.ts";

interface Finished<Payload> {
  readonly id: string;
  readonly key: string | undefined;
  /** Whose job it was, where its kind has tenants. */
  readonly tenant: string | undefined;
  readonly payload: Payload;
  /** How many attempts were made. */
  readonly attempts: number;
  readonly finishedAt: Date;
}

/** A job whose handler has returned. */
export interface DoneJob<Payload, Result> extends Finished<Payload> {
  readonly status: "done";
  /** What the handler returned, as parsed from JSON. */
  readonly result: Result;
}

/** A job whose last attempt failed: a dead letter. */
export interface FailedJob<Payload> extends Finished<Payload> {
  readonly status: "failed";
  readonly error: JobError;
}

/** What is stored of an error. */
export interface JobError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
}

/** A job that has finished: with a result, or with an error. */
export type FinishedJob<Payload, Result> = DoneJob<Payload, Result> | FailedJob<Payload>;

/** The position of a reader. The time is text of the database: a Date would drop the microseconds. */
export interface Cursor {
  readonly at: string;
  readonly id: string;
}

export const beginning: Cursor = { at: "-infinity", id: "00000000-0000-0000-0000-000000000000" };
const pageSize = 100;

interface Row {
  readonly id: string;
  readonly data: StoredJob;
  readonly group_id: string | null;
  readonly state: "completed" | "failed";
  readonly output: { readonly value?: unknown } & Partial<JobError>;
  readonly retry_count: number;
  readonly completed_on: Date;
  readonly at: string;
}

/** Pages of finished jobs in the order in which they finished, from a position on. */
export async function* readFinished<Payload, Result>(
  database: OpenDatabase,
  schema: string,
  name: string,
  states: readonly Row["state"][],
  from: Cursor,
  until: string | undefined,
  tenant?: string,
): AsyncGenerator<{ readonly jobs: FinishedJob<Payload, Result>[]; readonly cursor: Cursor }> {
  let cursor = from;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one page after another is the point
    const rows = (await database.query(
      `SELECT id, data, group_id, state::text, output, retry_count, completed_on, completed_on::text AS at
       FROM ${schema}.job
       WHERE name = $1 AND state::text = ANY($2::text[]) AND completed_on >= $3::timestamptz
         AND (completed_on, id) > ($3::timestamptz, $4::uuid) AND completed_on < $5::timestamptz
         AND ($6::text IS NULL OR group_id = $6::text)
       ORDER BY completed_on, id LIMIT ${pageSize}`,
      [name, states, cursor.at, cursor.id, until ?? "infinity", tenant ?? null],
    )) as unknown as Row[];
    const last = rows.at(-1);
    if (last === undefined) return;
    cursor = { at: last.at, id: last.id };
    yield { jobs: rows.map((row) => finished<Payload, Result>(row)), cursor };
    if (rows.length < pageSize) return;
  }
}

function finished<Payload, Result>(row: Row): FinishedJob<Payload, Result> {
  const { id, data, group_id, state, output, retry_count, completed_on } = row;
  const [payload, key] = data;
  const job = {
    id,
    key: key ?? undefined,
    tenant: group_id ?? undefined,
    payload: payload as Payload,
    attempts: retry_count + 1,
    finishedAt: completed_on,
  };
  if (state === "completed") return { ...job, status: "done", result: output.value as Result };
  const { name = "Error", message = "unknown", stack } = output;
  return { ...job, status: "failed", error: { name, message, stack } };
}
