/** Warns of jobs that ignored their aborted signal for `grace` milliseconds. */
export function warnOfAbandonedJobs(indexes: readonly number[], grace: number): void {
  const sorted = indexes.toSorted((a, b) => a - b);
  const shown = sorted.slice(0, 10).join(", ") + (sorted.length > 10 ? ", …" : "");
  process.emitWarning(
    `${sorted.length} job(s) ignored the abort for ${grace} ms and were abandoned: index ${shown}. ` +
      `Pass context.signal of the job to what it waits for, or raise grace.`,
    { type: "JobsAbandoned", code: "LLX_JOBS_ABANDONED" },
  );
}

export function warnOfAbandonedInputs(grace: number): void {
  process.emitWarning(`the inputs of jobs did not close within ${grace} ms and were abandoned.`, {
    type: "InputsAbandoned",
    code: "LLX_INPUTS_ABANDONED",
  });
}
