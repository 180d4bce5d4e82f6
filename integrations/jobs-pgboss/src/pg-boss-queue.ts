import { Closing } from "@llx/async";
import { checkMilliseconds, checkNames, checkSignal, describeKind, type NamesOf } from "@llx/support";
import { tenantIndexQuery } from "./claim-query.ts";
import { type AnyJob, defaultRetry, type JobDefinition } from "./define-job.ts";
import { type Enqueued, type EnqueueOptions, enqueueJobs, type StoredJob } from "./enqueue.ts";
import { beginning, type Cursor, type FailedJob, type FinishedJob, readFinished } from "./finished-jobs.ts";
import type {
  JobCounts,
  JobFilter,
  JobQueue,
  ReadOptions,
  RedriveOptions,
  ResultOptions,
  RunningJob,
} from "./job-queue.ts";
import type { OpenDatabase } from "./open-database.ts";
import type { Pauses } from "./pauses.ts";
import {
  readSchedules,
  removeSchedule,
  type Schedule,
  type ScheduleOptions,
  storeSchedule,
} from "./schedules.ts";
import { Wake } from "./wake.ts";
import type { Warnings } from "./warnings.ts";
import { Watermark } from "./watermark.ts";
import { type JobWorker, type QueueWorker, startWork, type WorkOptions } from "./work.ts";

const readNames: NamesOf<ReadOptions> = { signal: true };
const filterNames: NamesOf<JobFilter> = { tenant: true };
const redriveNames: NamesOf<RedriveOptions> = { ...filterNames, ids: true };
const resultNames: NamesOf<ResultOptions> = { ...readNames, pollInterval: true };

/** A queue of jobs in the tables of pg-boss. */
export class PgBossQueue implements JobQueue {
  readonly #database: OpenDatabase;
  readonly #schema: string;
  readonly #pauses: Pauses;
  readonly #warnings: Warnings;
  readonly #closing = new Closing("the job queue", () => this.#close());
  readonly #closed = new AbortController();
  readonly #ready = new Map<AnyJob, Promise<void>>();
  readonly #calls = new Set<Promise<unknown>>();
  readonly #workers = new Set<QueueWorker>();
  /** Wakes when jobs have arrived. */
  readonly #arrivals = new Wake();
  /** Wakes when jobs have finished. */
  readonly #finishes = new Wake();

  constructor(database: OpenDatabase, schema: string, pauses: Pauses, warnings: Warnings) {
    this.#database = database;
    this.#schema = schema;
    this.#pauses = pauses;
    this.#warnings = warnings;
  }

  get closed(): boolean {
    return this.#closing.closed;
  }

  aclose(): Promise<void> {
    return this.#closing.aclose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }

  enqueue<Payload>(
    job: JobDefinition<Payload, unknown>,
    payloads: readonly Payload[],
    options: EnqueueOptions<Payload> = {},
  ): Promise<Enqueued> {
    return this.#call(job, async () => {
      const enqueued = await enqueueJobs(this.#database, job, payloads, options);
      this.#arrivals.wake();
      return enqueued;
    });
  }

  work(jobs: AnyJob | readonly AnyJob[], options: WorkOptions = {}): JobWorker {
    this.#closing.throwIfClosed();
    const definitions = "name" in jobs ? [jobs] : jobs;
    for (const job of definitions) checkJob(job);
    const worker = startWork(definitions, options, {
      database: this.#database,
      schema: this.#schema,
      pauses: this.#pauses,
      ready: (job) => this.#makeReady(job),
      left: (names) => this.#left(names),
      arrivals: this.#arrivals,
      finishes: this.#finishes,
      warn: (error) => {
        this.#database.redactPassword(error);
        this.#warnings.warn(error);
      },
    });
    this.#workers.add(worker);
    void worker.done.finally(() => this.#workers.delete(worker));
    return worker;
  }

  async *results<Payload, Result>(
    job: JobDefinition<Payload, Result>,
    options: ResultOptions = {},
  ): AsyncGenerator<FinishedJob<Payload, Result>, void, undefined> {
    checkNames(options, resultNames);
    const { pollInterval = 500 } = options;
    checkMilliseconds("pollInterval", pollInterval);
    const watermark = new Watermark(this.#database);
    let cursor = beginning;
    for (;;) {
      const { count } = this.#finishes;
      // Asked first: what has finished by then is visible to the queries that follow.
      // oxlint-disable-next-line no-await-in-loop -- look, read, wait, look again
      const left = await this.#call(job, () => this.#left([job.name]));
      // oxlint-disable-next-line no-await-in-loop
      const until = left ? await this.#call(job, () => watermark.next()) : undefined;
      const states = ["completed", "failed"] as const;
      // oxlint-disable-next-line no-await-in-loop
      for await (const page of this.#pages<Payload, Result>(job, states, cursor, until, options)) {
        cursor = page.cursor;
        yield* page.jobs;
      }
      if (!left) return;
      // oxlint-disable-next-line no-await-in-loop
      await this.#finishes.sleep(pollInterval, options.signal ?? this.#closed.signal, count);
      options.signal?.throwIfAborted();
    }
  }

  async *deadLetters<Payload>(
    job: JobDefinition<Payload, unknown>,
    options: ReadOptions & JobFilter = {},
  ): AsyncGenerator<FailedJob<Payload>, void, undefined> {
    checkNames(options, { ...readNames, ...filterNames });
    checkTenant(options);
    const states = ["failed"] as const;
    for await (const { jobs } of this.#pages<Payload, unknown>(job, states, beginning, undefined, options)) {
      for (const each of jobs) if (each.status === "failed") yield each;
    }
  }

  counts(job: AnyJob, filter: JobFilter = {}): Promise<JobCounts> {
    return this.#call(job, async () => {
      checkNames(filter, filterNames);
      checkTenant(filter);
      const rows = await this.#database.query(
        `SELECT state::text, count(*)::int AS count FROM ${this.#schema}.job
         WHERE name = $1 AND ($2::text IS NULL OR group_id = $2::text) GROUP BY state`,
        [job.name, filter.tenant ?? null],
      );
      const count = (state: string): number =>
        (rows.find((row) => row["state"] === state)?.["count"] as number | undefined) ?? 0;
      return {
        waiting: count("created") + count("retry"),
        running: count("active"),
        done: count("completed"),
        failed: count("failed"),
        paused: (await this.#pauses.of([job.name])).size > 0,
      };
    });
  }

  pause(job: AnyJob): Promise<void> {
    return this.#call(job, async () => {
      await this.#pauses.pause(job.name);
      await Promise.all(Array.from(this.#workers, (worker) => worker.handBackWaiting(job.name)));
    });
  }

  resume(job: AnyJob): Promise<void> {
    return this.#call(job, async () => {
      await this.#pauses.resume(job.name);
      this.#arrivals.wake();
    });
  }

  running<Payload>(job: JobDefinition<Payload, unknown>): Promise<RunningJob<Payload>[]> {
    return this.#call(job, async () => {
      const rows = await this.#database.query(
        `SELECT id, data, group_id, retry_count + 1 AS attempt, started_on, output -> 'progress' AS progress
         FROM ${this.#schema}.job WHERE name = $1 AND state = 'active' ORDER BY started_on, id LIMIT 1000`,
        [job.name],
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
    });
  }

  redrive(job: AnyJob, options: RedriveOptions = {}): Promise<number> {
    return this.#call(job, async () => {
      checkNames(options, redriveNames);
      checkTenant(options);
      const { ids, tenant } = options;
      if (ids !== undefined && !Array.isArray(ids)) {
        throw new TypeError(`the ids must be an array, not ${describeKind(ids)}`);
      }
      const rows = await this.#database.query(
        `UPDATE ${this.#schema}.job
         SET state = 'retry', retry_limit = retry_count + $2, completed_on = NULL, output = NULL
         WHERE name = $1 AND state = 'failed' AND ($3::uuid[] IS NULL OR id = ANY($3::uuid[]))
           AND ($4::text IS NULL OR group_id = $4::text) RETURNING id`,
        [job.name, job.retry?.attempts ?? defaultRetry.attempts, ids ?? null, tenant ?? null],
      );
      this.#arrivals.wake();
      return rows.length;
    });
  }

  schedule<Payload>(
    job: JobDefinition<Payload, unknown>,
    cron: string,
    payload: Payload,
    options: ScheduleOptions = {},
  ): Promise<void> {
    return this.#call(job, () => storeSchedule(this.#database, job, cron, payload, options));
  }

  unschedule(job: AnyJob, name = ""): Promise<void> {
    return this.#call(job, () => removeSchedule(this.#database, job.name, name));
  }

  schedules<Payload>(job: JobDefinition<Payload, unknown>): Promise<Schedule<Payload>[]> {
    return this.#call(job, () => readSchedules<Payload>(this.#database, job.name));
  }

  /** Runs a call that closing waits for. */
  async #call<T>(job: AnyJob, body: () => Promise<T>): Promise<T> {
    this.#closing.throwIfClosed();
    checkJob(job);
    const call = this.#makeReady(job).then(body);
    this.#calls.add(call);
    try {
      return await call;
    } catch (error) {
      this.#database.redactPassword(error);
      throw error;
    } finally {
      this.#calls.delete(call);
    }
  }

  async *#pages<Payload, Result>(
    job: AnyJob,
    states: readonly ("completed" | "failed")[],
    from: Cursor,
    until: string | undefined,
    { signal, tenant }: ReadOptions & JobFilter,
  ): AsyncGenerator<{ readonly jobs: FinishedJob<Payload, Result>[]; readonly cursor: Cursor }> {
    checkSignal(signal);
    const pages = readFinished<Payload, Result>(
      this.#database,
      this.#schema,
      job.name,
      states,
      from,
      until,
      tenant,
    );
    for (;;) {
      signal?.throwIfAborted();
      // oxlint-disable-next-line no-await-in-loop -- one page after another
      const page = await this.#call(job, () => pages.next());
      if (page.done) return;
      yield page.value;
    }
  }

  async #left(names: readonly string[]): Promise<boolean> {
    const [row] = await this.#database.query(
      `SELECT EXISTS (
         SELECT FROM ${this.#schema}.job WHERE name = ANY($1::text[]) AND state IN ('created', 'retry', 'active')
       ) AS left`,
      [names],
    );
    return row?.["left"] === true;
  }

  /** Registers the kind of job in the database, once. */
  #makeReady(job: AnyJob): Promise<void> {
    let ready = this.#ready.get(job);
    if (ready === undefined) {
      ready = this.#register(job);
      this.#ready.set(job, ready);
      ready.catch(() => this.#ready.delete(job));
    }
    return ready;
  }

  async #register({ name, tenant, retry = {}, keep }: AnyJob): Promise<void> {
    const {
      attempts = defaultRetry.attempts,
      delay = defaultRetry.delay,
      maxDelay = defaultRetry.maxDelay,
    } = retry;
    const options = {
      retryLimit: attempts - 1,
      retryDelay: Math.ceil(delay / 1_000),
      // Without a delay there is no backoff: that of pg-boss begins with a second.
      ...(delay > 0
        ? { retryBackoff: true, retryDelayMax: Math.ceil(maxDelay / 1_000) }
        : { retryBackoff: false }),
      heartbeatSeconds: 10,
      // The maximum of pg-boss. Heartbeats tell which jobs are alive.
      expireInSeconds: 86_400,
      // 50 years: a waiting job is never deleted.
      retentionSeconds: 1_576_800_000,
      deleteAfterSeconds:
        keep === undefined || keep === Number.POSITIVE_INFINITY ? 0 : Math.max(1, Math.ceil(keep / 1_000)),
    };
    await this.#database.boss.createQueue(name, options);
    await this.#database.boss.updateQueue(name, options);
    if (tenant !== undefined) await this.#database.query(tenantIndexQuery(this.#schema, name));
  }

  async #close(): Promise<void> {
    this.#closed.abort();
    await Promise.all(Array.from(this.#workers, (worker) => worker.aclose()));
    await Promise.allSettled(this.#calls);
    await this.#database.close();
  }
}

function checkJob(job: unknown): void {
  const { name, run } = (job ?? {}) as Partial<AnyJob>;
  if (typeof name !== "string" || typeof run !== "function") {
    throw new TypeError(`a job must be created by defineJob, not be ${describeKind(job)}`);
  }
}

function checkTenant({ tenant }: JobFilter): void {
  if (tenant !== undefined && typeof tenant !== "string") {
    throw new TypeError(`tenant must be a string, not ${describeKind(tenant)}`);
  }
}
