/** A run has stopped. What it has stored is kept, and another call of `embedBatchJob` goes on. */
export class BatchRunError extends Error {
  override readonly name = "BatchRunError";
  /** The number of the part of the run at which it has stopped; `undefined` where it was none. */
  readonly part: number | undefined;
  /** The queue keeps the job as a failed one, until the run goes on. */
  readonly retryable = false;

  constructor(message: string, part: number | undefined, cause: unknown) {
    super(message, { cause });
    this.part = part;
  }
}

/**
 * Whether the results of a batch cannot be had, now or later: the service does not know it any more, has deleted them, or
 * returns some that cannot be attributed to texts.
 */
export function isLost(error: unknown): boolean {
  const { code, name, retryable } = (error ?? {}) as Record<string, unknown>;
  if (code === "unknown_batch" || code === "results_gone") return true;
  return name === "EmbeddingResponseError" && retryable === false;
}

/** What has happened, what is kept, and what to do. */
export function stopped(directory: string, part: number | undefined, cause: unknown): BatchRunError {
  const where = part === undefined ? "" : ` at part ${part}`;
  const { code, message } = (
    cause instanceof Error ? cause : new Error(String(cause))
  ) as NodeJS.ErrnoException;
  const [problem, remedy] =
    code === "ENOSPC" || code === "EDQUOT"
      ? ["the disk is full", "Make room"]
      : isLost(cause)
        ? [message, 'To send its texts again, and pay for them again, set lost: "again"']
        : [message, "Remove the cause"];
  const end = /[.!?]$/.test(problem) ? "" : ".";
  return new BatchRunError(
    `the run in ${directory} has stopped${where}: ${problem}${end} All results that are stored are kept, and batches go on ` +
      `at the service. ${remedy}, and call embedBatchJob with the same texts and directory to go on`,
    part,
    cause,
  );
}
