// The whole public surface. An addition needs a reason.
export { asyncRun, type AsyncRunContext, type AsyncRunOptions } from "./async-run.ts";
export { batchGather, type BatchGatherOptions } from "./batch-gather.ts";
export { chunks, type ChunkLimits } from "./chunks.ts";
export { type AsyncClosable, type Closable, closeAll, Closing } from "./closable.ts";
export type { Inputs, Job, JobContext } from "./job.ts";
export type { JobOptions, JobsDone, SettleOption } from "./job-options.ts";
export { mapJobs } from "./map-jobs.ts";
export type { Progress } from "./progress.ts";
export type { Completed } from "./result-buffer.ts";
export { type AsyncTasksOptions, runAsyncTasks, type TaskResult } from "./run-async-tasks.ts";
export { runJobs } from "./run-jobs.ts";
export { type AcquireOptions, type Permit, Semaphore } from "./semaphore.ts";
export type { SiblingError } from "./sibling-errors.ts";
export { streamJobs, type StreamOptions } from "./stream-jobs.ts";
