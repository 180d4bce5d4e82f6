// The whole public surface. An addition needs a reason.
export { chunks } from "./chunks.ts";
export { type AsyncClosable, Closing } from "./closable.ts";
export type { Inputs, Job, JobContext } from "./job.ts";
export type { JobOptions, SettleOption } from "./job-options.ts";
export { mapJobs } from "./map-jobs.ts";
export type { Progress } from "./progress.ts";
export { runJobs } from "./run-jobs.ts";
export { type AcquireOptions, type Permit, Semaphore } from "./semaphore.ts";
