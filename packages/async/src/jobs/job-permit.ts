/** Admits one job. The first method called releases it, except `begin` and `run`; later calls do nothing. */
export interface JobPermit {
  release(): void;
  /** The job starts now. */
  begin?(): void;
  /** The job has succeeded within limits per interval, which refusals have shown: they do not mean that too many run at once. */
  regain?(): void;
  /** Releases the permit: the job has succeeded. */
  succeed?(): void;
  /** Releases the permit: the job has failed. */
  fail?(error: unknown): void;
  /** Releases the permit: the caller has aborted the job. */
  cut?(): void;
  /** Runs the job so that inspection can track who holds the permit. */
  run?<R>(job: () => R): R;
}

/** The permit when nothing is shared with other calls. */
export const free: JobPermit = { release() {} };
