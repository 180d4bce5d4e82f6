/** What lets one job in. It is given back once, by the first of its methods that is called; not by `begin` or `run`. */
export interface JobPermit {
  release(): void;
  /** The job starts now. */
  begin?(): void;
  /** Gives the permit back: the job has succeeded. */
  succeed?(): void;
  /** Gives the permit back: the job has failed. */
  fail?(error: unknown): void;
  /** Runs the job, where somebody follows who holds the permit. */
  run?<R>(job: () => R): R;
}

/** The permit where nothing is shared with others. */
export const free: JobPermit = { release() {} };
