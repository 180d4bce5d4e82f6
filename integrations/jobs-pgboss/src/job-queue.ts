import type { AsyncClosable } from "@llx/async";
import type { AnyJob, JobDefinition } from "./define-job.ts";
import type { Enqueued, EnqueueOptions } from "./enqueue.ts";
import type { FailedJob, FinishedJob } from "./finished-jobs.ts";
import type { Schedule, ScheduleOptions } from "./schedules.ts";
import type { JobWorker, WorkOptions } from "./work.ts";

/** Options of reading from the queue. */
export interface ReadOptions {
  /** Aborting it ends the reading with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Which jobs of a kind are meant. */
export interface JobFilter {
  /** Only those of this tenant. */
  readonly tenant?: string | undefined;
}

/** Which dead letters to send again; all without options. */
export interface RedriveOptions extends JobFilter {
  /** Only those with these ids. */
  readonly ids?: readonly string[] | undefined;
}

/** Options of waiting for results. */
export interface ResultOptions extends ReadOptions {
  /**
   * How often to look for jobs that other processes have finished, in milliseconds.
   *
   * @default 500
   */
  readonly pollInterval?: number | undefined;
}

/** How many jobs of a kind there are, by state. */
export interface JobCounts {
  /** Not started, or waiting for another attempt. */
  readonly waiting: number;
  readonly running: number;
  readonly done: number;
  /** Failed after the last attempt. */
  readonly failed: number;
  /** Whether the kind is paused. */
  readonly paused: boolean;
}

/** A job that runs or is about to. */
export interface RunningJob<Payload> {
  readonly id: string;
  readonly key: string | undefined;
  /** Whose job it is, where its kind has tenants. */
  readonly tenant: string | undefined;
  readonly payload: Payload;
  readonly attempt: number;
  readonly startedAt: Date;
  /** The progress that its handler last reported, up to 3 seconds ago. */
  readonly progress: unknown;
}

/** Jobs that outlive their process. Created by `createJobQueue`. */
export interface JobQueue extends AsyncClosable {
  /**
   * Stores jobs, many at once. All payloads are validated before the first is stored.
   *
   * @throws TypeError or RangeError that names the job and the payload's index
   */
  enqueue<Payload>(
    job: JobDefinition<Payload, unknown>,
    payloads: readonly Payload[],
    options?: EnqueueOptions<Payload>,
  ): Promise<Enqueued>;
  /** Runs jobs of these kinds until the returned worker is closed. */
  work(jobs: AnyJob | readonly AnyJob[], options?: WorkOptions): JobWorker;
  /**
   * The jobs of a kind as they finish, including those that have finished before. It ends when none waits or runs any
   * more, and reads page by page. A job that is redriven and finishes again appears again.
   */
  results<Payload, Result>(
    job: JobDefinition<Payload, Result>,
    options?: ResultOptions,
  ): AsyncGenerator<FinishedJob<Payload, Result>, void, undefined>;
  /** Counts the jobs of a kind by state. */
  counts(job: AnyJob, filter?: JobFilter): Promise<JobCounts>;
  /**
   * Pauses a kind of job: no process starts one until it is resumed, whatever is restarted in between. Those that run
   * continue; other processes may start jobs for a second more. Pausing twice is harmless.
   */
  pause(job: AnyJob): Promise<void>;
  /** Ends the pause: other processes notice it within their `pollInterval`. */
  resume(job: AnyJob): Promise<void>;
  /** The jobs of a kind that run in any process: the thousand that have run longest. */
  running<Payload>(job: JobDefinition<Payload, unknown>): Promise<RunningJob<Payload>[]>;
  /** The jobs of a kind that failed after their last attempt, in the order in which they failed. */
  deadLetters<Payload>(
    job: JobDefinition<Payload, unknown>,
    options?: ReadOptions & JobFilter,
  ): AsyncGenerator<FailedJob<Payload>, void, undefined>;
  /** Gives failed jobs all their attempts again: all, or those of a tenant, or with certain ids. Returns how many. */
  redrive(job: AnyJob, options?: RedriveOptions): Promise<number>;
  /**
   * Enqueues a job with this payload whenever a cron expression says so, from any process that has the queue open. It
   * replaces the schedule of the same name.
   *
   * @param cron such as "0 3 * * *", in minutes at most; or a recurrence rule of RFC 5545
   * @throws TypeError or RangeError that states what is invalid
   */
  schedule<Payload>(
    job: JobDefinition<Payload, unknown>,
    cron: string,
    payload: Payload,
    options?: ScheduleOptions,
  ): Promise<void>;
  /** Ends a schedule; one that does not exist is ignored. Jobs that it has enqueued remain. */
  unschedule(job: AnyJob, name?: string): Promise<void>;
  /** The schedules of a kind of job. */
  schedules<Payload>(job: JobDefinition<Payload, unknown>): Promise<Schedule<Payload>[]>;
  /** Closes its workers, waits for pending calls, and closes the database. */
  aclose(): Promise<void>;
}
