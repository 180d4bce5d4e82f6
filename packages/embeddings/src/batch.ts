// The whole public surface. An addition needs a reason.
export { BatchError } from "./batch/batch-error.ts";
export type { BatchLine, BatchProvider, BatchTextFailure, ReportedStatus } from "./batch/batch-provider.ts";
export type {
  BatchCache,
  BatchCallOptions,
  BatchInput,
  BatchLimits,
  BatchResult,
  BatchState,
  BatchStatus,
  EmbeddingBatchService,
} from "./batch/batch-service.ts";
export type { BatchServiceOptions } from "./batch/batch-service-options.ts";
export { checkOptionNames } from "./batch/check-batch.ts";
export { BatchTextError } from "./batch/batch-text-error.ts";
export { createBatchService } from "./batch/create-batch-service.ts";
export { listProblems } from "./batch/list-problems.ts";
export { readOpenaiBatchLine } from "./batch/read-openai-batch-line.ts";
