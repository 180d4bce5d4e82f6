// The whole public surface. An addition needs a reason.
export { AdaptiveLimiter, type AdaptiveLimiterOptions, type AdaptivePermit } from "./adaptive-limiter.ts";
export { asyncRun, type AsyncRunContext, type AsyncRunOptions } from "./async-run.ts";
export { batchGather, type BatchGatherOptions } from "./batch-gather.ts";
export { chunks, type ChunkLimits } from "./chunks.ts";
export { DeadlockError, type DeadlockParty } from "./deadlock-error.ts";
export { type AsyncClosable, type Closable, closeAll, Closing } from "./closable.ts";
export { isRefusal } from "./is-refusal.ts";
export type { Inputs, Job, JobContext, JobResult } from "./job.ts";
export type { JobOptions, JobsDone, SettleOption, TokensOption } from "./job-options.ts";
export { mapJobs } from "./map-jobs.ts";
export type { Progress } from "./progress.ts";
export type { ObservedRate, RateLimit } from "./rate-budget.ts";
export type { RateLease } from "./rate-lease.ts";
export { RateLimiter } from "./rate-limiter.ts";
export type {
  ObservedRates,
  RateAcquireOptions,
  RateLimiterOptions,
  RateLimits,
  RateOptions,
  RateState,
} from "./rate-options.ts";
export { type Lease, ResourcePool } from "./resource-pool.ts";
export type { ResourceAcquireOptions, ResourcePoolOptions } from "./resource-pool-options.ts";
export type { Completed } from "./result-buffer.ts";
export { type AttemptContext, retry } from "./retry.ts";
export type { Refusal } from "./refusal-gate.ts";
export { RefusedError, RetryAfterError, type RetryInfo, type RetryOptions } from "./retry-policy.ts";
export { type AsyncTasksOptions, runAsyncTasks, type TaskResult } from "./run-async-tasks.ts";
export { runJobs } from "./run-jobs.ts";
export { type AcquireOptions, type Permit, Semaphore, type SemaphoreOptions } from "./semaphore.ts";
export type { SiblingError } from "./sibling-errors.ts";
export { streamJobs, type StreamOptions } from "./stream-jobs.ts";
