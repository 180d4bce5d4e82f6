// The whole public surface.
export {
  type AnyJob,
  defineJob,
  type JobDefinition,
  type JobHandlerContext,
  type JobOptions,
  type JobRetryOptions,
  type JobSettings,
} from "./define-job.ts";
export type { Enqueued, EnqueuedJob, EnqueueOptions } from "./enqueue.ts";
export type { DoneJob, FailedJob, FinishedJob, JobError } from "./finished-jobs.ts";
export {
  createJobQueue,
  type JobCounts,
  type JobQueue,
  type JobQueueOptions,
  type ReadOptions,
  type ResultOptions,
  type RunningJob,
} from "./job-queue.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./standard-schema.ts";
export type { JobWorker, WorkOptions } from "./work.ts";
