// The whole public surface. An addition needs a reason.
export type { BatchRun, RunProgress } from "./batch-run.ts";
export { BatchRunError } from "./running/batch-run-error.ts";
export { embedBatchJob } from "./embed-batch-job.ts";
export type { BatchPauses, EmbedBatchJobOptions } from "./embed-batch-job-options.ts";
export { openRun, type ResultsOptions, type StoredRun } from "./open-run.ts";
export { RunFileError } from "./files/run-file-error.ts";
export type { RunResult } from "./reading/part-reader.ts";
