// The whole public surface.
export { createJobQueue } from "./create-job-queue.ts";
export {
  type AnyJob,
  defineJob,
  type JobDefinition,
  type JobHandlerContext,
  type JobOptions,
  type JobRetryOptions,
  type JobSettings,
  type TenantOptions,
} from "./define-job.ts";
export type { Enqueued, EnqueuedJob, EnqueueOptions } from "./enqueue.ts";
export type { DoneJob, FailedJob, FinishedJob, JobError } from "./finished-jobs.ts";
export type {
  JobCounts,
  JobFilter,
  JobQueue,
  ReadOptions,
  RedriveOptions,
  ResultOptions,
  RunningJob,
} from "./job-queue.ts";
export type { JobQueueOptions } from "./job-queue-options.ts";
export type { Schedule, ScheduleOptions } from "./schedules.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./standard-schema.ts";
export type { JobWorker, WorkOptions } from "./work.ts";
