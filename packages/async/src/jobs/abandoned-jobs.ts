/** Says which jobs have ignored for `grace` milliseconds that they were told to stop. */
export function warnOfJobsLeftBehind(indexes: readonly number[], grace: number): void {
  const sorted = indexes.toSorted((a, b) => a - b);
  const shown = sorted.slice(0, 10).join(", ") + (sorted.length > 10 ? ", …" : "");
  process.emitWarning(
    `${sorted.length} job(s) ignored the abort for ${grace} ms and were left behind: index ${shown}. ` +
      `Pass the job's context.signal on to what it waits for, or raise grace.`,
    { type: "JobsLeftBehind", code: "LLX_JOBS_LEFT_BEHIND" },
  );
}

export function warnOfInputsLeftBehind(grace: number): void {
  process.emitWarning(`the inputs of jobs did not close for ${grace} ms and were left behind.`, {
    type: "InputsLeftBehind",
    code: "LLX_INPUTS_LEFT_BEHIND",
  });
}
