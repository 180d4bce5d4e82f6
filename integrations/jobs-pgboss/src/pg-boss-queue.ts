import { Closing } from "@llx/async";
import { checkMilliseconds, checkNames, checkSignal, describeKind, type NamesOf } from "@llx/support";
import type { AnyJob, JobDefinition } from "./define-job.ts";
import { type Enqueued, type EnqueueOptions, enqueueJobs } from "./enqueue.ts";
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
import { JobTable } from "./job-table.ts";
import type { OpenDatabase } from "./open-database.ts";
import type { Pauses } from "./pauses.ts";
import { registerJob } from "./register-job.ts";
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
  readonly #table: JobTable;
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
    this.#table = new JobTable(database, schema);
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
      left: (names) => this.#table.areLeft(names),
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
      const left = await this.#call(job, () => this.#table.areLeft([job.name]));
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
      const paused = (await this.#pauses.of([job.name])).size > 0;
      return { ...(await this.#table.count(job, filter)), paused };
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
    return this.#call(job, () => this.#table.running<Payload>(job));
  }

  redrive(job: AnyJob, options: RedriveOptions = {}): Promise<number> {
    return this.#call(job, async () => {
      checkNames(options, redriveNames);
      checkTenant(options);
      const { ids } = options;
      if (ids !== undefined && !Array.isArray(ids)) {
        throw new TypeError(`the ids must be an array, not ${describeKind(ids)}`);
      }
      const redriven = await this.#table.redrive(job, options);
      this.#arrivals.wake();
      return redriven;
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

  /** Registers the kind of job in the database, once. */
  #makeReady(job: AnyJob): Promise<void> {
    let ready = this.#ready.get(job);
    if (ready === undefined) {
      ready = registerJob(this.#database, this.#schema, job);
      this.#ready.set(job, ready);
      ready.catch(() => this.#ready.delete(job));
    }
    return ready;
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
