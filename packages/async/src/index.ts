// The whole public surface. An addition needs a reason.
export {
  AdaptiveLimiter,
  type AdaptiveLimiterOptions,
  type AdaptivePermit,
} from "./limits/adaptive-limiter.ts";
export { asyncRun, type AsyncRunContext, type AsyncRunOptions } from "./run/async-run.ts";
export { batchGather, type BatchGatherOptions } from "./batching/batch-gather.ts";
export { chunks, type ChunkLimits } from "./batching/chunks.ts";
export { DeadlockError, type DeadlockParty } from "./inspect/deadlock-error.ts";
export { type AsyncClosable, type Closable, closeAll, Closing } from "./run/closable.ts";
export { isRefusal } from "./refusals/is-refusal.ts";
export { isUnreached } from "./refusals/is-unreached.ts";
export { retryAfterOf } from "./refusals/retry-after-of.ts";
export { InputsError } from "./jobs/inputs-error.ts";
export type { Inputs, Job, JobContext, JobResult } from "./jobs/job.ts";
export type { ChargeOptions, JobOptions, JobsDone, SettleOption } from "./jobs/job-options.ts";
export { mapJobs } from "./jobs/map-jobs.ts";
export type { Failure, Outcome } from "./jobs/outcome.ts";
export type { Progress } from "./progress/progress.ts";
export { type RunningProgress, startProgress } from "./progress/running-progress.ts";
export type { LearnedLimit } from "./refusals/learned-windows.ts";
export type { ObservedRate, RateLimit } from "./limits/known-limit.ts";
export type { RateLease } from "./limits/rate-lease.ts";
export { RateLimiter } from "./limits/rate-limiter.ts";
export type {
  ObservedRates,
  RateAcquireOptions,
  RateLimiterOptions,
  RateLimits,
  RateOptions,
  RateState,
} from "./limits/rate-options.ts";
export { type Lease, ResourcePool } from "./pool/resource-pool.ts";
export type { ResourceAcquireOptions, ResourcePoolOptions } from "./pool/resource-pool-options.ts";
export type { Completed } from "./jobs/result-buffer.ts";
export type { AttemptContext } from "./retry/attempt.ts";
export { retry, type RetryCallOptions } from "./retry/retry.ts";
export type { Refusal } from "./refusals/refusal-gate.ts";
export { RefusedError, RetryAfterError, type RetryInfo, type RetryOptions } from "./retry/retry-policy.ts";
export { type AsyncTasksOptions, runAsyncTasks, type TaskResult } from "./jobs/run-async-tasks.ts";
export { runJobs } from "./jobs/run-jobs.ts";
export { type AcquireOptions, type Permit, Semaphore, type SemaphoreOptions } from "./limits/semaphore.ts";
export type { SiblingError } from "./jobs/sibling-errors.ts";
export { streamJobs, type StreamOptions } from "./jobs/stream-jobs.ts";
