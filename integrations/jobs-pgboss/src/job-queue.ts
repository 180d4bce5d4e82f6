import type { AsyncClosable } from "@llx/async";
import type { AnyJob, JobDefinition } from "./define-job.ts";
import type { Enqueued, EnqueueOptions } from "./enqueue.ts";
import type { FailedJob, FinishedJob } from "./finished-jobs.ts";
import type { JobWorker, WorkOptions } from "./work.ts";

/** What ends reading from the queue early. */
export interface ReadOptions {
  /** Its abort ends the reading with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How results are waited for. */
export interface ResultOptions extends ReadOptions {
  /** How often to look for what other processes have done, in milliseconds. Default 500. */
  readonly pollInterval?: number | undefined;
}

/** How many jobs of a kind there are. */
export interface JobCounts {
  /** Not started, or waiting for another attempt. */
  readonly waiting: number;
  readonly running: number;
  readonly done: number;
  /** Those that have failed for good. */
  readonly failed: number;
}

/** A job that is claimed: it runs, or is about to. */
export interface RunningJob<Payload> {
  readonly id: string;
  readonly key: string | undefined;
  readonly payload: Payload;
  readonly attempt: number;
  readonly startedAt: Date;
  /** What its handler has last said of its progress, up to 3 seconds ago. */
  readonly progress: unknown;
}

/** Jobs that outlive their process. Made by `createJobQueue`. */
export interface JobQueue extends AsyncClosable {
  /**
   * Stores jobs, many at once. All payloads are checked before the first is stored.
   *
   * @throws TypeError or RangeError that names the job and the payload's index
   */
  enqueue<Payload>(
    job: JobDefinition<Payload, unknown>,
    payloads: readonly Payload[],
    options?: EnqueueOptions<Payload>,
  ): Promise<Enqueued>;
  /** Begins to run jobs of these kinds, until it is closed. */
  work(jobs: AnyJob | readonly AnyJob[], options?: WorkOptions): JobWorker;
  /**
   * The jobs of a kind as they finish, earlier ones included; over when none waits or runs any more. They are read
   * page by page. One that is redriven and finishes again comes again.
   */
  results<Payload, Result>(
    job: JobDefinition<Payload, Result>,
    options?: ResultOptions,
  ): AsyncGenerator<FinishedJob<Payload, Result>, void, undefined>;
  /** How far the jobs of a kind are. */
  counts(job: AnyJob): Promise<JobCounts>;
  /** The jobs of a kind that run, wherever: the thousand that have run longest. */
  running<Payload>(job: JobDefinition<Payload, unknown>): Promise<RunningJob<Payload>[]>;
  /** The jobs of a kind that have failed for good, the first to fail first. */
  deadLetters<Payload>(
    job: JobDefinition<Payload, unknown>,
    options?: ReadOptions,
  ): AsyncGenerator<FailedJob<Payload>, void, undefined>;
  /** Gives failed jobs all their attempts again: those with these ids, by default all. Returns how many. */
  redrive(job: AnyJob, ids?: readonly string[]): Promise<number>;
  /** Closes its workers, awaits calls under way, and frees the database. */
  aclose(): Promise<void>;
}
