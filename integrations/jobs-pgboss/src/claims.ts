import { claimQuery, type ClaimRequest, type Statement } from "./claim-query.ts";
import type { AnyJob } from "./define-job.ts";
import type { StoredJob } from "./enqueue.ts";
import type { JobError } from "./finished-jobs.ts";
import type { OpenDatabase } from "./open-database.ts";

/** A job that this process may run as long as it sends heartbeats. Each attempt has one claim. */
export interface Claim {
  readonly id: string;
  readonly job: StoredJob;
  /** How many attempts were made before. With the id, it identifies the attempt: a late outcome changes nothing. */
  readonly retryCount: number;
  readonly priority: number;
  /** When it was created, and from when on it may start, in seconds since 1970. */
  readonly created: number;
  readonly due: number;
  /** Whose job it is, where the kind of job has tenants. */
  readonly tenant: string | undefined;
}

/** Higher priorities first, and within one priority in the order of enqueueing. */
export const byUrgency = (a: Claim, b: Claim): number =>
  // Jobs of one statement have the same creation time: `enqueueJobs` orders them by when they may start.
  b.priority - a.priority || a.created - b.created || a.due - b.due;

/** The outcome of an attempt. */
export type Outcome = Done | Failed;

interface Done {
  readonly claim: Claim;
  /** As JSON. */
  readonly output: string;
}

interface Failed {
  readonly claim: Claim;
  readonly error: JobError;
  /** There is no other attempt. */
  readonly final: boolean;
}

interface Row {
  readonly id: string;
  readonly data: StoredJob;
  readonly retry_count: number;
  readonly priority: number;
  readonly created: number;
  readonly due: number;
  readonly tenant?: string;
  /** The place of the tenant's turn. */
  readonly place?: number;
}

/** The claims on jobs of one kind, in the database. */
export class Claims {
  readonly #database: OpenDatabase;
  readonly #table: string;
  readonly #name: string;
  readonly #query: (request: ClaimRequest) => Statement;
  /** The tenant that had the last turn. */
  #lastTenant = "";
  /** Whether the database limits how many are claimed: what is claimed ahead takes the place of others. */
  readonly limited: boolean;
  /** Whether tenants take turns. */
  readonly hasTenants: boolean;

  constructor(database: OpenDatabase, schema: string, job: AnyJob) {
    this.#database = database;
    this.#table = `${schema}.job`;
    this.#name = job.name;
    this.#query = claimQuery(schema, job, database.embedded);
    this.limited = job.concurrency !== undefined || job.tenantConcurrency !== undefined;
    this.hasTenants = job.tenant !== undefined;
  }

  /**
   * Claims the most urgent jobs that may start, in this order; where there are tenants, the most urgent of each, one
   * tenant after another.
   *
   * @param above claims only jobs of a higher priority than this; not where there are tenants
   */
  async take(count: number, above?: number): Promise<Claim[]> {
    const { text, values } = this.#query({ count, above, lastTenant: this.#lastTenant });
    const rows = (await this.#database.query(text, values)) as unknown as Row[];
    let last = 0;
    for (const { place = 0, tenant = "" } of rows) {
      if (place <= last) continue;
      last = place;
      this.#lastTenant = tenant;
    }
    return rows
      .map(({ id, data, retry_count, priority, created, due, tenant }) => ({
        id,
        job: data,
        retryCount: retry_count,
        priority,
        created,
        due,
        tenant,
      }))
      .sort(byUrgency);
  }

  /** Stores a heartbeat. Returns the ids of those that this process still holds. */
  renew(claims: readonly Claim[]): Promise<string[]> {
    return this.#update("heartbeat_on = now()", claims);
  }

  /** Stores the progress of running jobs. */
  storeProgress(progress: readonly Done[]): Promise<string[]> {
    return this.#store("", progress);
  }

  /** Stores the outcomes of attempts. Returns the ids of those that this process still held. */
  async settle(outcomes: readonly Outcome[]): Promise<Set<string>> {
    const done = outcomes.filter((outcome) => "output" in outcome);
    const failed = outcomes.filter((outcome) => "error" in outcome);
    const final = failed.filter((outcome) => outcome.final);
    // No other attempt would help.
    if (final.length > 0) {
      await this.#update(
        "retry_limit = retry_count",
        final.map(({ claim }) => claim),
      );
    }
    const settled = await Promise.all([
      done.length === 0 ? [] : this.#store("state = 'completed', completed_on = now(),", done),
      ...failed.map(({ claim, error }) => this.#fail(claim, error)),
    ]);
    return new Set(settled.flat());
  }

  /** Returns them as if they had never been claimed: another worker takes them at once, as the same attempt. */
  async handBack(claims: readonly Claim[]): Promise<void> {
    const set = "state = 'created', started_on = NULL, heartbeat_on = NULL";
    await this.#update(set, claims);
  }

  /**
   * Requeues the jobs of processes whose heartbeat has stopped: at once, without the delay of a retry, and in their old
   * order. Those without attempts left fail.
   *
   * A heartbeat in the future is from before the database's clock was set back: its process has 10 seconds from now for
   * the next one, as it may have ended meanwhile.
   */
  async requeueLost(): Promise<void> {
    await this.#database.query(
      `UPDATE ${this.#table} SET heartbeat_on = now()
       WHERE name = $1 AND state = 'active' AND heartbeat_on > now() + interval '1 second'`,
      [this.#name],
    );
    const lost = `name = $1 AND state = 'active' AND heartbeat_on + heartbeat_seconds * interval '1 second' < now()`;
    const error: JobError = {
      name: "JobLostError",
      message: "the process that ran it has ended, or hangs",
    };
    await this.#database.query(
      `UPDATE ${this.#table} SET state = 'retry', heartbeat_on = NULL, output = $2::jsonb
       WHERE id IN (
         SELECT id FROM ${this.#table} WHERE ${lost} AND retry_count < retry_limit FOR UPDATE SKIP LOCKED
       ) AND ${lost}`,
      [this.#name, JSON.stringify(error)],
    );
    const rows = await this.#database.query(
      `SELECT id, retry_count FROM ${this.#table} WHERE ${lost} AND retry_count >= retry_limit LIMIT 100`,
      [this.#name],
    );
    const failed = rows.map((row) => ({ id: row["id"] as string, retryCount: row["retry_count"] as number }));
    if (failed.length > 0) await this.#database.boss.fail(this.#name, failed, error);
  }

  /** pg-boss stores one output for all jobs of a call; here each job has its own. */
  #store(set: string, outputs: readonly Done[]): Promise<string[]> {
    const byId = outputs.map(({ claim, output }) => `"${claim.id}":${output}`);
    const claims = outputs.map(({ claim }) => claim);
    return this.#update(`${set} output = $4::jsonb -> id::text`, claims, [`{${byId.join()}}`]);
  }

  async #fail(claim: Claim, error: JobError): Promise<string[]> {
    const { id, retryCount } = claim;
    // The declared type of the result is empty.
    const result = await this.#database.boss.fail(this.#name, { id, retryCount }, error);
    return (result as { readonly affected: number }).affected > 0 ? [id] : [];
  }

  /** Updates what is still claimed, and returns the ids. */
  async #update(set: string, claims: readonly Claim[], values: readonly string[] = []): Promise<string[]> {
    const rows = await this.#database.query(
      `UPDATE ${this.#table} SET ${set}
       WHERE name = $1 AND id = ANY($2::uuid[]) AND state = 'active'
         AND id::text || ':' || retry_count = ANY($3::text[])
       RETURNING id`,
      [
        this.#name,
        claims.map(({ id }) => id),
        claims.map(({ id, retryCount }) => `${id}:${retryCount}`),
        ...values,
      ],
    );
    return rows.map((row) => row["id"] as string);
  }
}
