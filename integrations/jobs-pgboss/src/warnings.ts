/** Warns at most once a minute that the database fails, and not at each attempt of each loop. */
export class Warnings {
  #last = Number.NEGATIVE_INFINITY;

  warn(error: unknown): void {
    const now = performance.now();
    if (now - this.#last < 60_000) return;
    this.#last = now;
    const message = error instanceof Error && error.message !== "" ? error.message : String(error);
    process.emitWarning(
      `the database of the job queue fails, and the query is retried: ${message}`,
      "JobQueueWarning",
    );
  }
}
