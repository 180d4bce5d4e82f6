import { brand } from "@llx/support";

/** What is wrong with a batch. */
type BatchProblem = "unknown_batch" | "results_gone" | "results_incomplete";

/** The service does not know a batch any more, or has deleted its results, or returns fewer than it states. */
export class BatchError extends Error {
  private static readonly branded: void = /* @__PURE__ */ brand(this, "@llx/embeddings/BatchError");

  override readonly name = "BatchError";
  readonly provider: string;
  readonly code: BatchProblem;
  /** The service's id of the batch. */
  readonly batch: string;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;

  constructor(
    provider: string,
    problem: string,
    details: { readonly code: BatchProblem; readonly batch: string; readonly cause?: unknown },
  ) {
    const { code, batch, cause } = details;
    super(`${provider} ${problem}`, cause === undefined ? undefined : { cause });
    this.provider = provider;
    this.code = code;
    this.batch = batch;
    this.retryable = code === "results_incomplete";
  }
}
